-- Where somebody goes once a new address is confirmed.
ALTER TABLE magic_links ADD COLUMN redirect_url TEXT;
