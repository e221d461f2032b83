"""Logging without spoken words, passwords and tokens."""

import logging
import traceback
from types import TracebackType

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class DiscreetFormatter(logging.Formatter):
    """Writes an exception as its type and the place where it was raised, on one line. The text of the exception is left
    out, since it may quote a row with spoken words."""

    def formatException(self, ei: _ExcInfo) -> str:
        kind, _, trace = ei
        frames = traceback.extract_tb(trace)
        place = f" at {frames[-1].filename}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""
        return f"{kind.__name__ if kind else 'unknown error'}{place}"


def set_up(level: int = logging.INFO) -> None:
    """Sends all logs of this process to stderr in `FORMAT`, without the text of exceptions."""
    handler = logging.StreamHandler()
    handler.setFormatter(DiscreetFormatter(FORMAT))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns about how the NATS client ends a TLS connection
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # its lines would contain the secrets of URLs
