from monitor.store.engines import engine, postgres, server

__all__ = ["engine", "postgres", "server"]
