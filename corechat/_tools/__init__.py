"""Functions as tools of the model: what it is told of them, and what it asks of them."""

from corechat._tools.failed_generation import tool_error_from_status
from corechat._tools.function_tool import FunctionTool, tool
from corechat._tools.loop import run_tools
from corechat._tools.tool_run import ToolRun, ToolStep
from corechat._tools.validation import (
    ValidCall,
    tool_names,
    tools_by_name,
    validate_call,
)

__all__ = [
    "FunctionTool",
    "ToolRun",
    "ToolStep",
    "ValidCall",
    "run_tools",
    "tool",
    "tool_error_from_status",
    "tool_names",
    "tools_by_name",
    "validate_call",
]
