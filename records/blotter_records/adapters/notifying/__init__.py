"""Mail and webhook: how notifications leave the installation."""
