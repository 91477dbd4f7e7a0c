"""The desk as an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from grader.web import (
    account_pages,
    class_pages,
    code_pages,
    grading_pages,
    hand_back_pages,
    import_pages,
    log_pages,
    marking_pages,
    marking_setup_pages,
    people_pages,
    request_pages,
    roster_pages,
    sign_in_pages,
    similar_pages,
    static_files,
    student_pages,
)
from grader.web.desk import Desk
from grader.web.desk_settings import DeskSettings
from grader.web.page_errors import PageNotFound
from grader.web.rendering import render_error
from grader.web.security import SecurityHeaders

if TYPE_CHECKING:
    from grader.course.course_folder import CourseFolder

ROUTES: Final[list[BaseRoute]] = [
    *static_files.ROUTES,
    *sign_in_pages.ROUTES,
    *account_pages.ROUTES,
    *class_pages.ROUTES,
    *similar_pages.ROUTES,
    *people_pages.ROUTES,
    *roster_pages.ROUTES,
    *log_pages.ROUTES,
    *request_pages.ROUTES,
    *student_pages.ROUTES,
    *code_pages.ROUTES,
    *import_pages.ROUTES,
    *grading_pages.ROUTES,
    *hand_back_pages.ROUTES,
    *marking_setup_pages.ROUTES,
    *marking_pages.ROUTES,
]
"""Of every area of the desk; the first that fits an address answers."""


def desk_app(course: CourseFolder, settings: DeskSettings) -> Starlette:
    """The desk of a course, as `settings` say that it is found."""
    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(SecurityHeaders, settings=settings)],
        exception_handlers={HTTPException: _unknown},
    )
    app.router.redirect_slashes = False
    app.state.desk = Desk(course, settings)
    return app


async def _unknown(request: Request, error: Exception) -> Response:
    """An address that no route has, or not for this method."""
    return render_error(request, PageNotFound("There is nothing at this address."))
