# frozen_string_literal: true

module Ginnel
  # What Ginnel says about a signed-in user; frozen. Times are in seconds since 1970.
  class Claims
    # The user's id.
    attr_reader :sub
    # The address of the app's authentication API.
    attr_reader :iss
    # Whom the token is for, a list: the app's auth origin and its id.
    attr_reader :aud
    attr_reader :iat, :exp
    # May be nil.
    attr_reader :nbf

    def initialize(members)
      @members = members
      @sub, @iss, @iat, @exp, @nbf = members.values_at("sub", "iss", "iat", "exp", "nbf")
      @aud = Array(members["aud"]).freeze
      freeze
    end

    # The id of the session, the same over refreshes; nil if the token has none.
    def sid = self["sid"]

    # How the user signed in, a list (RFC 8176).
    def amr = self["amr"]

    # When the user last signed in, as against refreshed.
    def auth_time = self["auth_time"]

    # Any claim by its name, such as metadata that the app chose to put into its tokens: <tt>claims["plan"]</tt>.
    def [](name)
      @members[name.to_s]
    end

    # All claims as they are in the token, with strings as names.
    def to_h
      @members
    end

    def ==(other)
      other.is_a?(Claims) && to_h == other.to_h
    end
    alias eql? ==

    def hash
      @members.hash
    end
  end
end
