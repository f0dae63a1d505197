require "json"
require "YOUR_LIBRARY"
require "net/http"

module Ginnel
  APP_ID = ENV.fetch("GINNEL_APP_ID", "YOUR_APP_ID")
  ISSUER = "#{ENV.fetch("GINNEL_URL", "YOUR_SERVER")}/auth/v1/apps/#{APP_ID}"
  LOCK = Mutex.new

  # The id of the user who sent a request, from its Authorization header or its cookie psg_auth_token.
  # Raises JWT::DecodeError if nobody is signed in: answer 401.
  def self.user_id(authorization, cookie)
    scheme, token = authorization.to_s.split(" ", 2)
    token = cookie unless scheme.to_s.casecmp?("bearer")
    claims, = JWT.decode(
      token.to_s, nil, true,
      algorithms: ["YOUR_ALGORITHM"],
      jwks: ->(options) { key_set(options[:kid_not_found]) },
      iss: ISSUER, verify_iss: true,
      aud: APP_ID, verify_aud: true,
      required_claims: %w[exp sub]
    )
    claims["sub"]
  end

  # The app's keys: fetched again after 10 minutes, and for an unknown key at most every 30 seconds.
  def self.key_set(is_key_unknown)
    LOCK.synchronize do
      age = @fetched_at ? Process.clock_gettime(Process::CLOCK_MONOTONIC) - @fetched_at : Float::INFINITY
      if age > 600 || (is_key_unknown && age > 30)
        @key_set = fetch_key_set
        @fetched_at = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end
      @key_set
    end
  end

  def self.fetch_key_set
    address = URI("#{ISSUER}/.well-known/jwks.json")
    response = Net::HTTP.start(
      address.host, address.port,
      use_ssl: address.scheme == "https", open_timeout: 5, read_timeout: 5
    ) { |http| http.get(address.path) }
    response.value # raises unless the answer is a success
    JSON.parse(response.body, symbolize_names: true)
  end
  private_class_method :key_set, :fetch_key_set
end
