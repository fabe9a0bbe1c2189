"""What every error is, and the errors before a server is asked; corechat.errors has the tree."""
