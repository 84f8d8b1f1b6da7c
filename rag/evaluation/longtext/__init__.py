"""The long-text laboratory: what length, place, windows and history do to search and reading."""
