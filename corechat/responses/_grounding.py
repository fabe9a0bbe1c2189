"""What an answer rests on: citations, and the built-in tools that the server ran (Groq, OpenAI)."""

from typing import Any

from corechat.responses._base import Open, OpenResponse


class DocumentCitation(OpenResponse):
    """Cite a document of the request (Groq).

    Attributes:
        document_id: its id.
        start_index: first character of the cited span.
        end_index: one past the last.
    """

    document_id: Open[str] = None
    start_index: Open[int] = None
    end_index: Open[int] = None


class FunctionCitation(OpenResponse):
    """Cite a tool's result (Groq).

    Attributes:
        tool_call_id: the call's id.
        start_index: first character of the cited span.
        end_index: one past the last.
    """

    tool_call_id: Open[str] = None
    start_index: Open[int] = None
    end_index: Open[int] = None


class UrlCitation(OpenResponse):
    """Cite a page (OpenAI).

    Attributes:
        url: where it is.
        title: its title.
        start_index: first character of the citation in the answer.
        end_index: one past the last.
    """

    url: Open[str] = None
    title: Open[str] = None
    start_index: Open[int] = None
    end_index: Open[int] = None


class Annotation(OpenResponse):
    """Cite something.

    Attributes:
        type: ``"document_citation"``, ``"function_citation"`` or ``"url_citation"``.
        document_citation: the document, for the first type.
        function_citation: the tool result, for the second.
        url_citation: the page, for the third.
    """

    type: Open[str] = None
    document_citation: Open[DocumentCitation] = None
    function_citation: Open[FunctionCitation] = None
    url_citation: Open[UrlCitation] = None


class ChartElement(OpenResponse):
    """Hold one element of a chart; which fields it has depends on the chart's type."""

    label: Open[str] = None
    angle: Open[float] = None
    first_quartile: Open[float] = None
    group: Open[str] = None
    max: Open[float] = None
    median: Open[float] = None
    min: Open[float] = None
    outliers: Open[list[float]] = None
    points: Open[list[list[float]]] = None
    radius: Open[float] = None
    third_quartile: Open[float] = None
    value: Open[float] = None


class Chart(OpenResponse):
    """Hold a chart that executed code drew.

    Attributes:
        type: ``"bar"``, ``"line"``, ``"pie"``, ``"scatter"``, ``"box_and_whisker"``,
            ``"superchart"`` or ``"unknown"``.
        elements: what it shows.
        title: its title.
    """

    type: Open[str] = None
    elements: Open[list[ChartElement]] = None
    title: Open[str] = None
    x_label: Open[str] = None
    x_scale: Open[str] = None
    x_tick_labels: Open[list[str]] = None
    x_ticks: Open[list[float]] = None
    x_unit: Open[str] = None
    y_label: Open[str] = None
    y_scale: Open[str] = None
    y_tick_labels: Open[list[str]] = None
    y_ticks: Open[list[float]] = None
    y_unit: Open[str] = None


class CodeResult(OpenResponse):
    """Hold what executed code gave.

    Attributes:
        text: what it printed.
        png: a picture, base64.
        chart: a chart.
        charts: several.
    """

    text: Open[str] = None
    png: Open[str] = None
    chart: Open[Chart] = None
    charts: Open[list[Chart]] = None


class BrowserResult(OpenResponse):
    """Hold a page that the browser tool visited."""

    title: Open[str] = None
    url: Open[str] = None
    content: Open[str] = None
    live_view_url: Open[str] = None


class SearchResult(OpenResponse):
    """Hold one hit of a web search."""

    title: Open[str] = None
    url: Open[str] = None
    content: Open[str] = None
    score: Open[float] = None


class SearchResults(OpenResponse):
    """Hold the hits of a web search."""

    results: Open[list[SearchResult]] = None
    images: Open[list[Any]] = None


class ExecutedTool(OpenResponse):
    """Report a built-in tool that the server ran (Groq).

    Attributes:
        type: which tool.
        index: its place in the order of execution.
        arguments: a JSON text.
        output: what it gave.
        browser_results: pages visited.
        code_results: what code gave.
        search_results: hits of a search.
    """

    type: Open[str] = None
    index: Open[int] = None
    arguments: Open[str] = None
    output: Open[str] = None
    browser_results: Open[list[BrowserResult]] = None
    code_results: Open[list[CodeResult]] = None
    search_results: Open[SearchResults] = None
