"""A storage that sends more than it was asked for."""

from __future__ import annotations

from flavours import Flavour, every_flavour
from wire import Wire, answer

from tc_core import Retry
from tc_object import AsyncObject, Object


@every_flavour
async def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_content(flavour: Flavour) -> None:
    with Wire(answer(200, b"first") + answer(200, b"wrong"), answer(200, b"other")) as storage:
        place = answer(200, {"method": "simple", "url": f"{storage.url}/content"})
        with Wire(place, place) as service:
            client = flavour.make(Object, AsyncObject, service.url, retry=Retry(retries=0))
            async with client:
                contents = [(await client.download_object("a/b")).content for _ in range(2)]
    assert contents == [b"first", b"other"]
