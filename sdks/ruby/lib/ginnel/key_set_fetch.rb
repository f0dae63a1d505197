# frozen_string_literal: true

require "net/http"

module Ginnel
  # One fetch of a key set, with limits on time and size. Whatever goes wrong (no connection, a redirect, 429, 500, HTML
  # where JSON belongs) becomes one Failed, so that no failure can let a request through.
  module KeySetFetch # :nodoc:
    # Why there are no keys, and after how many seconds the server wants to be asked again, if it said so.
    class Failed < StandardError
      attr_reader :retry_after

      def initialize(reason, retry_after: nil)
        super(reason)
        @retry_after = retry_after
      end
    end

    LARGEST_BODY = 64 * 1024
    LONGEST_RETRY_AFTER = 60
    private_constant :LARGEST_BODY, :LONGEST_RETRY_AFTER

    module_function

    # The keys by their id. +timeout+ in seconds covers the whole of it: the work is done in a thread of its own, which
    # holds nothing but its connection and so can be ended at any point. Raises Failed.
    def call(uri, timeout)
      work = Thread.new do
        Thread.current.report_on_exception = false # it is raised again below
        JWKS.read(parse(get(uri)))
      end
      raise Failed, "no answer came within #{timeout} seconds" unless work.join(timeout)

      work.value
    rescue JWKS::Invalid => e
      raise Failed, "the answer #{e.message}"
    rescue Failed
      raise
    rescue StandardError => e
      raise Failed, "no answer could be read (#{e.class})"
    ensure
      work&.kill
    end

    def parse(body)
      StrictJSON.object(body) or raise Failed, "the answer was not a JSON object"
    end

    # The body of the answer. Environment variables for proxies are heeded; redirects are not followed.
    def get(uri)
      # Compression is not asked for, so that a small answer cannot become a large one.
      request = Net::HTTP::Get.new(uri, "Accept" => "application/json", "Accept-Encoding" => "identity")
      connection(uri).start do |http|
        http.request(request) do |response|
          # Left here and not at the end of the block, where the rest of the body would be read first.
          return read(response)
        end
      end
    end

    def connection(uri)
      http = Net::HTTP.new(uri.hostname, uri.port)
      http.use_ssl = uri.scheme == "https"
      # There is one limit for the whole, above.
      http.open_timeout = http.read_timeout = http.write_timeout = nil
      http.max_retries = 0
      # Ruby 3.1 cannot be told, and takes a body that ends early: `read` looks at its length.
      http.ignore_eof = false if http.respond_to?(:ignore_eof=)
      http
    end

    def read(response)
      if response.code != "200"
        raise Failed.new("the answer was #{response.code}", retry_after: retry_after(response["retry-after"]))
      end

      body = "".b
      response.read_body do |part|
        body << part
        raise Failed, "the answer was larger than #{LARGEST_BODY} bytes" if body.bytesize > LARGEST_BODY
      end
      raise Failed, "the answer ended early" if body.bytesize < response.content_length.to_i

      body
    end

    # The wait that the server asks for, in seconds; only the number form, and at most a minute.
    def retry_after(value)
      [value.to_i, LONGEST_RETRY_AFTER].min if /\A\d+\z/.match?(value)
    end

    private_class_method :parse, :get, :connection, :read, :retry_after
  end
end
