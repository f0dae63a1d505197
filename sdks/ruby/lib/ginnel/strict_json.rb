# frozen_string_literal: true

require "json"

module Ginnel
  # JSON as RFC 8259 has it. Ruby's parser takes comments, unknown escapes and halves of surrogate pairs, and does not look
  # whether text is UTF-8; two servers that read one token differently are how checks are got around, so that is looked at
  # first.
  module StrictJSON # :nodoc:
    # A character as an escape, or as two that are a surrogate pair.
    UNICODE = /u(?:[0-9a-ce-fA-CE-F]\h{3}|[dD][0-7]\h{2}|[dD][89abAB]\h{2}\\u[dD][c-fC-F]\h{2})/
    # Everything that JSON is made of, in any order: the order is the parser's business.
    TOKENS = /\A(?>
      [\ \t\r\n\[\]{},:]+ |
      "(?>[^"\\\x00-\x1f]+|\\(?:["\\\/bfnrt]|#{UNICODE}))*" |
      -?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)? |
      true | false | null
    )*\z/x
    private_constant :UNICODE, :TOKENS

    module_function

    # The value, frozen throughout, or nil when the bytes are not an object in JSON in UTF-8.
    def object(bytes)
      text = bytes.dup.force_encoding(Encoding::UTF_8)
      return unless text.valid_encoding? && TOKENS.match?(text)

      value = JSON.parse(text, freeze: true, create_additions: false, allow_duplicate_key: true)
      value if value.is_a?(Hash)
    rescue JSON::ParserError
      nil
    end
  end
end
