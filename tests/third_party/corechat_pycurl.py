"""A backend over libcurl, by pycurl, as a third party writes one."""

import certifi
import pycurl as curl

from corechat import transport as api

_TOO_LARGE = 100  # CURLE_TOO_LARGE


class _Handle(api.Connection):
    def __init__(self) -> None:
        self.multi, self.easy = curl.CurlMulti(), curl.Curl()

    def carry(self, exchange: api.Exchange) -> bool:
        def before_sending(*_: object) -> int:  # called again where libcurl would send again
            exchange.reused, exchange.sent = exchange.sent, True
            return curl.PREREQFUNC_ABORT if exchange.reused else curl.PREREQFUNC_OK

        request, options = exchange.request, exchange.options
        fields = [f"{n}: {value}" if value else f"{n};" for n, value in request.headers.pairs]
        line = exchange.callback(lambda it: exchange.head_line(it) if exchange.sent else None)
        for option, value in (
            (curl.URL, request.url),
            (curl.POSTFIELDS, request.body),
            (curl.NOBODY, request.method == "HEAD"),
            (curl.CUSTOMREQUEST, request.method),
            (curl.HTTPHEADER, ["Accept:", "Content-Type:", "Expect:", "User-Agent:", *fields]),
            (curl.HTTP_VERSION, curl.CURL_HTTP_VERSION_1_1),
            (curl.NOSIGNAL, 1),
            (curl.TIMEOUT_MS, max(1, int(exchange.deadline.remaining() * 1000))),
            (curl.CONNECTTIMEOUT_MS, max(1, int(options.connect_timeout * 1000))),
            (curl.PROXY, options.proxy or ""),
            (curl.NOPROXY, ""),
            (curl.CAINFO, options.ca_file or certifi.where()),
            (curl.PREREQFUNCTION, before_sending),
            (curl.HEADERFUNCTION, line),
            (curl.WRITEFUNCTION, exchange.callback(exchange.feed)),
        ):
            self.easy.setopt(option, value)
        code = self.perform()
        exchange.reused |= exchange.sent and self.easy.getinfo(curl.NUM_CONNECTS) == 0
        exchange.received |= code == curl.E_UNSUPPORTED_PROTOCOL  # something that is not HTTP
        if code == curl.E_OPERATION_TIMEDOUT:
            raise exchange.late()
        if code == _TOO_LARGE:
            raise exchange.too_large_head()
        if code not in {0, curl.E_WRITE_ERROR}:  # the latter by a callback of the exchange
            raise exchange.failed(curl.error(code))
        return not code

    def perform(self) -> int:
        self.multi.add_handle(self.easy)
        try:
            while self.multi.perform()[1]:
                self.multi.select(0.1)  # Ctrl-C is noticed in between
            failed, self.socket = self.multi.info_read()[2], self.easy.getinfo(curl.ACTIVESOCKET)
            return failed[0][1] if failed else 0
        finally:
            self.multi.remove_handle(self.easy)

    def close(self) -> None:
        self.easy.close()
        self.multi.close()


@api.conformance_exceptions(
    {
        "bounds.chunk-extension-without-end": "libcurl reads chunk extensions without a bound",
        "failure.closed-in-status-line": "libcurl does not tell of a status line that was cut",
        "request.percent-encoding": "libcurl writes %7e as %7E",
    }
)
def pycurl(options: api.TransportOptions) -> api.Transport:
    return api.PooledTransport(options, _Handle)
