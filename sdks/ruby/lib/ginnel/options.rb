# frozen_string_literal: true

require "ipaddr"
require "uri"

module Ginnel
  # Checks options: what is wrong is said where it was written, and before any request is made.
  module Options # :nodoc:
    OCTET = /(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])/
    # How the server's address is written in every SDK, parser of URLs or none; ASCII only. A name's last part begins with
    # a letter, so that it is no other way to write an IPv4 address.
    ADDRESS = %r{\A(?<scheme>[hH][tT][tT][pP][sS]?)://
      (?<host>(?:[A-Za-z0-9_-]+\.)*[A-Za-z][A-Za-z0-9_-]* | #{OCTET}(?:\.#{OCTET}){3} | \[[0-9A-Fa-f:]+\])
      (?::(?<port>[1-9][0-9]{0,4}))?
      (?<path>(?:/(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+)*)/*\z}x
    # A segment of a path that leads elsewhere (RFC 3986, section 5.2.4).
    DOTS = %r{/(?:\.|%2[eE]){1,2}(?:/|\z)}
    DEFAULT_PORTS = { "http" => "80", "https" => "443" }.freeze
    private_constant :OCTET, :ADDRESS, :DOTS, :DEFAULT_PORTS

    module_function

    def app_id(value)
      return value.dup.freeze if value.is_a?(String) && value.b.match?(/\A[A-Za-z0-9]{24}\z/)

      refuse("app_id must be the application's id: 24 letters and digits, as `ginnel app create` prints it.")
    end

    # Where Ginnel runs, as the server writes it into tokens: scheme and host in lower case, without a port that the
    # scheme implies, and without a slash at the end, so that paths can be put behind it.
    def url(value)
      address = value || environment("GINNEL_URL") || "http://localhost:8400"
      parts = ADDRESS.match(address) if address.is_a?(String) && address.ascii_only?
      unless parts && !DOTS.match?(parts[:path]) && host?(parts[:host]) && parts[:port].to_i <= 65_535
        refuse("url (or GINNEL_URL) must be an address such as https://login.example.com, and is #{address.inspect}.")
      end
      scheme = parts[:scheme].downcase
      port = ":#{parts[:port]}" if parts[:port] && parts[:port] != DEFAULT_PORTS[scheme]
      "#{scheme}://#{parts[:host].downcase}#{port}#{parts[:path]}".freeze
    end

    # The address of a key set.
    def key_set_url(value)
      web_address(value) or refuse("The key set's url must be an http or https address, and is #{value.inspect}.")
    end

    def issuer(value)
      return value.dup.freeze if value.is_a?(String) && value != ""

      refuse("issuer must be the `iss` of the tokens: {public url}/auth/v1/apps/{app_id}.")
    end

    def key_set(value)
      return value if value.respond_to?(:find) && !value.is_a?(Enumerable)

      refuse("key_set must be a Ginnel::StaticKeySet or a Ginnel::RemoteKeySet, or have their method `find`.")
    end

    def leeway(value)
      return value if number?(value) && (0..300).cover?(value)

      refuse("leeway must be a number of seconds from 0 to 300.")
    end

    def algorithms(value)
      return value.dup.freeze if value.is_a?(Array) && value.any? && (value - ALGORITHMS).empty?

      refuse("algorithms must be a list of one or more of #{ALGORITHMS.join(', ')}.")
    end

    def seconds(name, value)
      return value if number?(value) && value.positive?

      refuse("#{name} must be a number of seconds above 0.")
    end

    def callable(name, value)
      return value if value.nil? || value.respond_to?(:call)

      refuse("#{name} must be something to call, such as a lambda.")
    end

    def none_but(known, unknown)
      return if unknown.empty?

      refuse("There is no option \"#{unknown.keys.first}\"; the options are #{known.join(', ')}.")
    end

    def refuse(sentence)
      raise Error.new(:configuration, sentence)
    end

    # Finds what the form lets through between brackets and is no IPv6 address.
    def host?(host)
      !host.start_with?("[") || !IPAddr.new(host[1..-2], Socket::AF_INET6).nil?
    rescue IPAddr::Error
      false
    end

    # An http or https address without a user's name, or nil.
    def web_address(text)
      return unless text.is_a?(String) && text.ascii_only?

      uri = URI.parse(text)
      return unless uri.is_a?(URI::HTTP) && uri.host && uri.host != "" && uri.userinfo.nil?

      uri.normalize if uri.port <= 65_535
    rescue URI::Error
      nil
    end

    # A variable of the environment; an empty one counts as unset.
    def environment(name)
      value = ENV.fetch(name, "")
      value unless value.empty?
    end

    def number?(value)
      value.is_a?(Integer) || value.is_a?(Float)
    end

    private_class_method :refuse, :host?, :web_address, :environment, :number?
  end
end
