# frozen_string_literal: true

module Ginnel
  # Raised by everything in this gem. Every refusal has a code to branch on, a status to answer with and a message, a
  # sentence that says what to do next. What lies behind it, if anything, is its +cause+.
  class Error < StandardError
    # All codes, with the HTTP status that fits: 401 when the caller has to sign in, 503 when the keys to check the token
    # with could not be fetched, 500 when this server is set up wrongly.
    STATUSES = {
      token_missing: 401,
      token_malformed: 401,
      token_oversize: 401,
      algorithm_not_allowed: 401,
      key_unknown: 401,
      signature_invalid: 401,
      token_expired: 401,
      token_not_yet_valid: 401,
      issuer_mismatch: 401,
      audience_mismatch: 401,
      claim_missing: 401,
      keys_unavailable: 503,
      configuration: 500
    }.freeze

    # Why, as one of the symbols in STATUSES.
    attr_reader :code

    def initialize(code, message)
      super(message)
      @code = code
    end

    # The HTTP status that fits.
    def status
      STATUSES.fetch(code)
    end
  end

  # The error with the code +:keys_unavailable+: nobody's fault who asks. A class of its own because frameworks choose
  # the status of an error page by class.
  class KeysUnavailable < Error
    def initialize(message)
      super(:keys_unavailable, message)
    end
  end
end
