"""Content parts: what a message may hold besides plain text."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Tag, TypeAdapter, ValidationError

from corechat.requests._base import JsonData, JsonObject, OpenModel, TaggedModel, tag_of


class TextPart(TaggedModel):
    """Hold a part that is text.

    Attributes:
        text: the text.
    """

    type: Literal["text"] = "text"
    text: str


class ImageUrl(OpenModel):
    """Say where an image is.

    Attributes:
        url: an ``https:`` or a ``data:`` URL.
        detail: ``"auto"``, ``"low"``, ``"high"`` (OpenAI also ``"original"``).
    """

    url: str
    detail: str | None = None


class ImagePart(TaggedModel):
    """Hold a part that is an image.

    Attributes:
        image_url: where it is; a plain URL string is Mistral's form.
    """

    type: Literal["image_url"] = "image_url"
    image_url: ImageUrl | str


class InputAudio(OpenModel):
    """Hold the data of an `AudioPart`.

    Attributes:
        data: base64.
        format: ``"wav"`` or ``"mp3"``.
    """

    data: str
    format: str | None = None


class AudioPart(TaggedModel):
    """Hold a part that is a recording (OpenAI)."""

    type: Literal["input_audio"] = "input_audio"
    input_audio: InputAudio | str


class FileData(OpenModel):
    """Name or hold a file.

    Attributes:
        file_data: a ``data:`` URL or base64.
        file_id: the id of an uploaded file.
        filename: its name.
    """

    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class FilePart(TaggedModel):
    """Hold a part that is a file (OpenAI)."""

    type: Literal["file"] = "file"
    file: FileData


class DocumentPart(TaggedModel):
    """Hold a part that is a document to cite from (Groq).

    Attributes:
        document: ``{"data": …, "id"?: …}``.
    """

    type: Literal["document"] = "document"
    document: JsonObject


class OtherPart(OpenModel):
    """Hold a part of a kind that corechat does not know; it is sent as it is."""

    type: JsonData = None


PART_TYPES = frozenset({"text", "image_url", "input_audio", "file", "document"})


def _part_tag(value: Any) -> str:
    tag = tag_of(value, "type")
    return f"~{tag}" if tag in PART_TYPES else "~other"


Part = Annotated[
    Annotated[TextPart, Tag("~text")]
    | Annotated[ImagePart, Tag("~image_url")]
    | Annotated[AudioPart, Tag("~input_audio")]
    | Annotated[FilePart, Tag("~file")]
    | Annotated[DocumentPart, Tag("~document")]
    | Annotated[OtherPart, Tag("~other")],
    Discriminator(_part_tag),
]

_ADAPTER: TypeAdapter[Part] = TypeAdapter(Part, config=ConfigDict(defer_build=True))


def is_part(value: object) -> bool:
    """Tell whether a message of a request may hold a part of an answer."""
    try:
        _ADAPTER.validate_python(value)
    except ValidationError:
        return False
    return True
