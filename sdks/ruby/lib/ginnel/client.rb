# frozen_string_literal: true

module Ginnel
  # Checks the sign-ins of one application. Make one and keep it: it holds the keys. It may be shared by threads, and
  # made before a server forks its workers.
  #
  #   client = Ginnel::Client.new(app_id: ENV["GINNEL_APP_ID"])
  #   user_id = client.auth.authenticate_request(request)
  class Client
    # The application's id.
    attr_reader :app_id
    # Where Ginnel runs, without a slash at the end.
    attr_reader :url
    # The issuer that tokens must name.
    attr_reader :issuer
    # The calls, see Auth.
    attr_reader :auth

    # Raises Error +:configuration+ when an option is missing, unknown or wrong. Makes no request.
    #
    # +app_id+:: The application's id, 24 letters and digits, as <tt>ginnel app create</tt> prints it.
    # +url+:: Where Ginnel runs. Default: the variable +GINNEL_URL+, else <tt>http://localhost:8400</tt>.
    # +issuer+:: The issuer that tokens must name. Default: <tt>{url}/auth/v1/apps/{app_id}</tt>. Needed when this server
    #            reaches Ginnel by another address than browsers do.
    # +key_set+:: Where keys come from. Default: a RemoteKeySet of the application's keys on the server.
    # +leeway+:: Seconds by which this server's clock may differ from Ginnel's, 0 to 300.
    # +algorithms+:: The signature algorithms to accept, of ALGORITHMS.
    def initialize(app_id: nil, url: nil, issuer: nil, key_set: nil, leeway: 5, algorithms: ALGORITHMS, **unknown)
      Options.none_but(%w[app_id url issuer key_set leeway algorithms], unknown)
      @app_id = Options.app_id(app_id)
      @url = Options.url(url)
      api = "#{@url}/auth/v1/apps/#{@app_id}"
      @issuer = Options.issuer(issuer.nil? ? api : issuer)
      @auth = Auth.new(
        TokenCheck.new(
          app_id: @app_id, issuer: @issuer,
          key_set: key_set.nil? ? RemoteKeySet.new("#{api}/.well-known/jwks.json") : Options.key_set(key_set),
          algorithms: Options.algorithms(algorithms), leeway: Options.leeway(leeway)
        )
      )
      freeze
    end

    def inspect
      "#<#{self.class} app_id=#{app_id.inspect} url=#{url.inspect}>"
    end
  end
end
