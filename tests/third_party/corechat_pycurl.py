"""A backend over libcurl, by pycurl, as a third party writes one."""

import certifi
import pycurl

from corechat import transport as api

_LIMITS = {
    "bounds.chunk-extension-without-end": "libcurl reads chunk extensions without a bound",
    "failure.closed-in-status-line": "libcurl does not tell of a status line that was cut",
    "request.head": "the handle awaits a body after every head",
    "request.percent-encoding": "libcurl writes %7e as %7E",
}


@api.conformance_exceptions(_LIMITS)
class PycurlTransport:
    def __init__(self, options: api.TransportOptions) -> None:
        self._options, kept = options, list[_Handle]()  # a fork's child keeps its parent's open
        self._pool = api.Pool(
            _Handle, abandon=kept.append, usable=lambda held: api.is_quiet(held.socket)
        )
        self.close = self._pool.close

    def send(self, request: api.HttpRequest, deadline: api.Deadline) -> api.HttpResponse:
        exchange, handle, code = api.Exchange(self._options), self._pool.take(deadline), -1
        try:
            handle.set_up(request, deadline, self._options, exchange)
            code = handle.perform(exchange)
        finally:
            self._pool.give_back(handle, sound=code == 0)
        if code == 0 or exchange.stopped:
            return exchange.response()
        if code == pycurl.E_OPERATION_TIMEDOUT:
            raise exchange.late()
        if not exchange.sent:
            raise exchange.failure(api.ConnectionFailure, f"cannot connect (libcurl: {code})")
        exchange.received |= code == pycurl.E_UNSUPPORTED_PROTOCOL  # something that is not HTTP
        raise exchange.too_large_head() if code == 100 else exchange.broken()  # CURLE_TOO_LARGE


class _Handle:
    def __init__(self) -> None:
        self.multi, self.easy, self.socket = pycurl.CurlMulti(), pycurl.Curl(), -1

    def close(self) -> None:
        self.easy.close()
        self.multi.close()

    def set_up(
        self,
        request: api.HttpRequest,
        deadline: api.Deadline,
        options: api.TransportOptions,
        exchange: api.Exchange,
    ) -> None:
        def before_sending(*_: object) -> int:  # called again where libcurl would send again
            exchange.reused, exchange.sent = exchange.sent, True
            return pycurl.PREREQFUNC_ABORT if exchange.reused else pycurl.PREREQFUNC_OK

        fields = [
            f"{name}: {value}" if value else f"{name};" for name, value in request.headers.pairs
        ]
        self.easy.reset()
        for option, value in (
            (pycurl.URL, request.url),
            (pycurl.CUSTOMREQUEST, request.method),
            (pycurl.POSTFIELDS, request.body),
            (pycurl.HTTPHEADER, ["Accept:", "Content-Type:", "Expect:", "User-Agent:", *fields]),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.NOSIGNAL, 1),
            (pycurl.TIMEOUT_MS, max(1, int(deadline.remaining() * 1000))),
            (pycurl.CONNECTTIMEOUT_MS, max(1, int(options.connect_timeout * 1000))),
            (pycurl.PROXY, options.proxy or ""),
            (pycurl.NOPROXY, ""),
            (pycurl.CAINFO, options.ca_file or certifi.where()),
            (pycurl.PREREQFUNCTION, before_sending),
            (
                pycurl.HEADERFUNCTION,
                exchange.callback(lambda line: exchange.head_line(line) if exchange.sent else None),
            ),
            (pycurl.WRITEFUNCTION, exchange.callback(exchange.feed)),
        ):
            self.easy.setopt(option, value)

    def perform(self, exchange: api.Exchange) -> int:
        self.multi.add_handle(self.easy)
        try:
            while self.multi.perform()[1]:
                self.multi.select(0.1)  # Ctrl-C is noticed in between
            failed, self.socket = self.multi.info_read()[2], self.easy.getinfo(pycurl.ACTIVESOCKET)
            exchange.reused |= exchange.sent and self.easy.getinfo(pycurl.NUM_CONNECTS) == 0
            return failed[0][1] if failed else 0
        finally:
            self.multi.remove_handle(self.easy)
