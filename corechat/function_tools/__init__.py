"""Functions as tools of the model: what it is told of them, and what it asks of them."""

from corechat.function_tools.failed_generation import tool_error_from_status
from corechat.function_tools.function_tool import FunctionTool, tool
from corechat.function_tools.loop import run_tools
from corechat.function_tools.tool_run import ToolRun, ToolStep
from corechat.function_tools.validation import (
    ValidCall,
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
    "tools_by_name",
    "validate_call",
]
