"""The pages, a module or a package each."""
