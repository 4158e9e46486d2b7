"""Log lines: readable in a terminal, JSON otherwise, each with the id of its request.

Does: configure structlog once for the program, and lead the standard library's loggers (uvicorn's, aiohttp's) to it.
Does not: choose what is logged. No line above `debug` may hold a prompt, an answer or a key.
Try it: CAUSERIE_LOG_FORMAT=json causerie up --no-browser
"""

import json
import logging
import sys
from collections.abc import Callable
from typing import TextIO

import structlog

from causerie.settings import Settings

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_logs(settings: Settings, stream: TextIO | None = None) -> None:
    """Set up the log lines of this process.

    Args:
        settings: For `log_level` and `log_format`.
        stream: Where lines go (None = standard error).
    """
    out = stream or sys.stderr
    level = LEVELS[settings.log_level]
    as_text = settings.log_format == "text" or (settings.log_format == "auto" and out.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks show no values of variables: a prompt is one.
    finish: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if as_text
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_dumps)]
    )
    structlog.configure(
        processors=[*shared, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=stream is None,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Other people's `info` is our `debug`; uvicorn's access lines are replaced by those of `observation.py`.
    root.setLevel(max(level, logging.WARNING) if level > logging.DEBUG else level)
    logging.getLogger("uvicorn.access").disabled = True


def _dumps(line: object, default: Callable[[object], object]) -> str:
    return json.dumps(line, ensure_ascii=False, default=default)
