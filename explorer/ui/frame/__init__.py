"""What stands around every page: the site, its links, pins."""
