"""Routes to take conversations along as files."""

from functools import partial

from fastapi import APIRouter

from omilink.exports import account
from omilink.exports.file_names import file_name
from omilink.exports.formats import FORMATS, FormatName
from omilink.exports.reading import StoreReader, document, in_thread
from omilink.web.auth import CurrentUser, Services
from omilink.web.files import File
from omilink.web.schema import answers, exported

router = APIRouter(tags=["exports"])


@router.get(
    "/conversations/{conversation_id}/export",
    response_class=File,
    status_code=200,
    responses=answers.of_files([each.media_type for each in FORMATS.values()], refused=(404,)),
)
async def conversation(
    conversation_id: str, who: CurrentUser, services: Services, format: FormatName = "markdown"
) -> File:
    """A conversation of yours as a file, with all its messages: Markdown with its properties as YAML, plain text, JSON,
    or the subtitles WebVTT or SubRip."""
    found = await in_thread(partial(document, user_id=who.user.id, conversation_id=conversation_id), services.store)
    kind = FORMATS[format]
    pieces = (piece.encode() for piece in kind.write(found))
    return File(pieces, file_name(found.conversation, kind.suffix), kind.media_type)


@router.get("/account/export", response_class=File, status_code=200, responses=answers.of_files(["application/zip"]))
async def everything(who: CurrentUser, services: Services) -> File:
    """Everything that you have here, as a zip: `omilink.json`, described by `schema.json`; a Markdown file for each
    conversation; and your action items as `action-items.ics`."""
    pieces = account.archive(StoreReader(services.store), who.user.id, exported.schema())
    return File(pieces, "omilink-export.zip", "application/zip")
