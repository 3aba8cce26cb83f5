"""The configurations of other tools, read into one of ringback's."""
