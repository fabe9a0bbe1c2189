"""One call: encode the request, make the attempts, decode the answer, check its types."""
