"""What stands for a name that is not there: it complains when it is used, not when it is bound."""

from __future__ import annotations

from types import ModuleType
from typing import Any


class AbsentName:
    """Stands for a module that is not installed here, or a name out of one."""

    def __init__(self, module: str) -> None:
        object.__setattr__(self, "_module", module)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise ImportError(f"{self._module} is not available here")

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        raise ImportError(f"{self._module} is not available here")


class Missing:
    """Stands for a name that one of the student's files should define, and does not.

    It holds no answer: whoever uses it is told what is missing. A name that its file did define
    later, as where two files import each other, is the real one.
    """

    def __init__(self, name: str, module: ModuleType) -> None:
        object.__setattr__(self, "__name__", name)
        object.__setattr__(self, "_module", module)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._real(), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._real()(*args, **kwargs)

    def __mro_entries__(self, _bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self._real(),)

    def _real(self) -> Any:
        real = vars(self._module).get(self.__name__, self)
        if isinstance(real, Missing):
            text = f"{self._module.__file__} does not define {self.__name__}"
            raise NotImplementedError(text)
        return real
