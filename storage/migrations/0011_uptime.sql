-- How long the machine had run at `heard.until`: a start on the same run of it can tell by how much the clock was set meanwhile.

ALTER TABLE heard ADD COLUMN machine_boot TEXT; -- the kernel's boot id; NULL: not known
ALTER TABLE heard ADD COLUMN uptime INTEGER; -- milliseconds since that boot, sleep included
