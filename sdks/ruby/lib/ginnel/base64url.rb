# frozen_string_literal: true

module Ginnel
  # Base64url without padding (RFC 7515, section 2), strict: one text for one sequence of bytes, so that a token cannot be
  # written in two ways.
  module Base64url # :nodoc:
    FORM = /\A[A-Za-z0-9_-]*\z/
    private_constant :FORM

    module_function

    # The bytes, or nil when the text is not canonical base64url.
    def decode(text)
      return unless FORM.match?(text)

      # "m0" is strict about the length and about bits that no byte uses.
      padded = text.tr("-_", "+/")
      padded << ("=" * (-text.length % 4))
      padded.unpack1("m0")
    rescue ArgumentError
      nil
    end

    # The text for the bytes.
    def encode(bytes)
      [bytes].pack("m0").tr("+/", "-_").delete("=")
    end
  end
end
