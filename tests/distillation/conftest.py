import os

import pytest


@pytest.fixture(scope="session")
def torch():
    """PyTorch, or a skip that says how to get it; under CI its absence is a failure."""
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        message = f"the extra [ml] is not installed ({error}); run: make install-ml"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return torch
