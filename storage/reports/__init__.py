"""Reports as figures: pure rows in, frozen figures out; nothing here knows how they are shown.

Each is read with a connection of `database.reading`, in one transaction, hence as of one moment. StorageError if that fails.
"""
