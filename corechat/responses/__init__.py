"""What a server answers: ChatResponse and all that is in it, and the errors that keep one."""

from corechat._http.rate_limits import RateLimits
from corechat.responses._chat_response import ChatResponse, Choice, HttpInfo, ParsedChatResponse
from corechat.responses._logprobs import Logprobs, TokenLogprob, TopLogprob
from corechat.responses._message import Message
from corechat.responses._tool_call import FunctionCall, ToolCall
from corechat.responses._usage import Usage

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

for _name in __all__:  # a pickle says where a user finds a model, not the file that it stands in
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
