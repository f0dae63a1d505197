"""The project, which is its own and only app: settings, addresses, views and templates."""
