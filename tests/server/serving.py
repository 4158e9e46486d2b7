"""Servers on loopback in the test's own process, for what must be looked at from inside too."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from causerie.server.serve import bound
from tests.inference.stub_upstream import StubUpstream


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """The address of the application, for as long as the context lasts."""
    listener = bound("127.0.0.1", 0)
    config = uvicorn.Config(app, http="httptools", log_config=None, access_log=False, server_header=False)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listener.close()


@contextmanager
def stub_in_a_thread(*words: str) -> Iterator[StubUpstream]:
    """A stub upstream for tests that wait: it runs in a thread of its own. It says `words`."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    stub = StubUpstream(words or ("Bon", "jour"))
    try:
        asyncio.run_coroutine_threadsafe(stub.__aenter__(), loop).result()
        yield stub
        asyncio.run_coroutine_threadsafe(stub.__aexit__(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def upstream_config(stub: StubUpstream) -> str:
    """`causerie.toml` for a server whose default model is the stub's."""
    upstream = f'[[upstreams]]\nname = "stub"\nbase_urls = ["{stub.url}"]\nmodels = ["{stub.model}"]\n'
    return f'default_model = "{stub.model}"\n{upstream}'
