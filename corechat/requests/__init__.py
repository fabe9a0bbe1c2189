"""What a caller says: ChatRequest and the messages, parts, tools and formats inside it."""

from corechat.requests.chat_request import ChatRequest
from corechat.requests.formats import JsonSchemaFormat, ResponseFormat
from corechat.requests.messages import (
    AssistantMessage,
    DeveloperMessage,
    FunctionCall,
    FunctionMessage,
    Message,
    OtherMessage,
    SystemMessage,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from corechat.requests.params import ChatChanges, ChatParams, TypedChatParams
from corechat.requests.parts import (
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
from corechat.requests.tools import FunctionDefinition, FunctionName, NamedToolChoice, Tool

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
    "FunctionCall",
    "FunctionDefinition",
    "FunctionMessage",
    "FunctionName",
    "ImagePart",
    "ImageUrl",
    "InputAudio",
    "JsonSchemaFormat",
    "Message",
    "NamedToolChoice",
    "OtherMessage",
    "OtherPart",
    "Part",
    "ResponseFormat",
    "SystemMessage",
    "TextPart",
    "Tool",
    "ToolCall",
    "ToolMessage",
    "TypedChatParams",
    "UserMessage",
]
