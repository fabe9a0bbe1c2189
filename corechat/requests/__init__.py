"""What a caller says: ChatRequest and the messages, parts, tools and formats inside it."""

from corechat.requests._chat_request import ChatRequest
from corechat.requests._formats import JsonSchemaFormat, ResponseFormat
from corechat.requests._messages import (
    AssistantMessage,
    DeveloperMessage,
    FunctionMessage,
    OtherMessage,
    RequestFunctionCall,
    RequestMessage,
    RequestToolCall,
    SystemMessage,
    ToolMessage,
    UserMessage,
)
from corechat.requests._params import ChatChanges, ChatParams, PlainOptions, TypedChatParams
from corechat.requests._parts import (
    AudioPart,
    DocumentPart,
    FileData,
    FilePart,
    ImagePart,
    ImageUrl,
    InputAudio,
    OtherPart,
    Part,
    TextPart,
)
from corechat.requests._tools import FunctionDefinition, FunctionName, NamedToolChoice, Tool

__all__ = [
    "AssistantMessage",
    "AudioPart",
    "ChatChanges",
    "ChatParams",
    "ChatRequest",
    "DeveloperMessage",
    "DocumentPart",
    "FileData",
    "FilePart",
    "FunctionDefinition",
    "FunctionMessage",
    "FunctionName",
    "ImagePart",
    "ImageUrl",
    "InputAudio",
    "JsonSchemaFormat",
    "NamedToolChoice",
    "OtherMessage",
    "OtherPart",
    "Part",
    "PlainOptions",
    "RequestFunctionCall",
    "RequestMessage",
    "RequestToolCall",
    "ResponseFormat",
    "SystemMessage",
    "TextPart",
    "Tool",
    "ToolMessage",
    "TypedChatParams",
    "UserMessage",
]

for _name in __all__:  # a pickle says where a user finds a model, not the file that it stands in
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
