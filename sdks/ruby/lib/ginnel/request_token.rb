# frozen_string_literal: true

module Ginnel
  # Finds the token in a request.
  module RequestToken # :nodoc:
    # The cookie in which the browser keeps the auth token.
    COOKIE = "psg_auth_token"
    # A Hash with one of these is a Rack env, if perhaps one that was put together by hand.
    RACK_NAMES = %w[REQUEST_METHOD HTTP_AUTHORIZATION HTTP_COOKIE].freeze
    private_constant :RACK_NAMES

    module_function

    # The token of a request: from <tt>Authorization: Bearer …</tt> when the request has it, else from the cookie. Other
    # schemes (a site behind Basic authentication) are none of our business. A Bearer header that is broken is refused;
    # the cookie is then not looked at.
    def read(request)
      env = rack_env(request)
      authorization = header(env, "HTTP_AUTHORIZATION")
      return bearer_token(authorization) if /\Abearer(?:[ \t]|\z)/i.match?(authorization)

      cookie_token(header(env, "HTTP_COOKIE")) or
        raise Error.new(:token_missing, "The request has neither an Authorization header with a Bearer token nor the " \
                                        "cookie #{COOKIE}; sign in first.")
    end

    def rack_env(request)
      env = request.respond_to?(:env) ? request.env : request
      return env if env.is_a?(Hash) && RACK_NAMES.any? { |name| env.key?(name) }

      raise Error.new(:configuration, "authenticate_request takes the request itself (of Rack or Rails), or its Rack env.")
    end

    # As bytes: what a client sends need not be text in any encoding.
    def header(env, name)
      env[name].to_s.b
    end

    def bearer_token(authorization)
      authorization[/\Abearer +([^ \t,]+) *\z/i, 1] or
        raise Error.new(:token_malformed, 'The Authorization header must be "Bearer", a space and the auth token.')
    end

    # The first cookie of our name that has a value, without the quotes it may stand in (RFC 6265, section 4.1.1).
    def cookie_token(header)
      header.split(";").each do |pair|
        name, equals, value = pair.partition("=")
        next if equals.empty? || trim(name) != COOKIE

        value = trim(value)
        value = value[1..-2] if value.length >= 2 && value.start_with?('"') && value.end_with?('"')
        return value unless value.empty?
      end
      nil
    end

    # Without the white space around it that HTTP has (RFC 9110, section 5.6.3). Every other byte belongs to the text.
    def trim(text)
      text.index(/[^ \t]/) ? text[text.index(/[^ \t]/)..text.rindex(/[^ \t]/)] : ""
    end

    private_class_method :rack_env, :header, :bearer_token, :cookie_token, :trim
  end
end
