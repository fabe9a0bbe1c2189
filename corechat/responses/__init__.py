"""What a server answers: ChatResponse and everything inside it."""

from corechat.responses.chat_response import ChatResponse, Choice
from corechat.responses.http_info import HttpInfo
from corechat.responses.logprobs import Logprobs, TokenLogprob, TopLogprob
from corechat.responses.message import Message
from corechat.responses.parsed import ParsedChatResponse
from corechat.responses.rate_limits import RateLimits
from corechat.responses.tool_call import FunctionCall, ToolCall
from corechat.responses.usage import Usage

__all__ = [
    "ChatResponse",
    "Choice",
    "FunctionCall",
    "HttpInfo",
    "Logprobs",
    "Message",
    "ParsedChatResponse",
    "RateLimits",
    "TokenLogprob",
    "ToolCall",
    "TopLogprob",
    "Usage",
]
