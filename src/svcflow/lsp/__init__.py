"""A language server: what an editor asks about process files, as functions over texts, and the server around them."""
