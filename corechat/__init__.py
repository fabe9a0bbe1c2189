"""One chat request, one round trip, one typed answer, over a transport that you pick by name."""
