import pytest

from ringback.monitor.config import ConfigInvalid
from ringback.monitor.config.load import load


@pytest.fixture
def written(tmp_path):
    """Writes files of a configuration and returns the main one."""

    def write(text, **more):
        for name, content in more.items():
            path = tmp_path / name.replace("__", "/").replace("_toml", ".toml")
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
        main = tmp_path / "ringback.toml"
        main.write_text(text)
        return main

    return write


@pytest.fixture
def loaded(written):
    """Loads a configuration."""

    def read(text, environ=None, **more):
        return load(written(text, **more), environ or {})

    return read


@pytest.fixture
def problems(written):
    """The problems of a configuration, as lines without the folder."""

    def read(text, environ=None, **more):
        main = written(text, **more)
        with pytest.raises(ConfigInvalid) as caught:
            load(main, environ or {})
        return [str(problem).replace(f"{main.parent}/", "") for problem in caught.value.problems]

    return read
