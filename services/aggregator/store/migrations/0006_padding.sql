-- Whoever may connect sees how far tables and log grow, and so saw the size of what was sealed.

UPDATE canvass.sealed_contents SET content = content || '\x80'::bytea || decode(repeat('00',
  (1024 * 2 ^ greatest(ceil(log(2, (octet_length(content) + 1) / 1024.0)), 0))::integer
    - octet_length(content) - 1), 'hex');

-- Compression would tell how much of it is padding.
ALTER TABLE canvass.sealed_contents ALTER COLUMN content SET STORAGE EXTERNAL;

COMMENT ON COLUMN canvass.sealed_contents.content IS
  'The exact bytes that the seal commits to, with the nonce; then 0x80 and zeros up to 1 024 bytes, or '
  'twice, four times ... as many.';
