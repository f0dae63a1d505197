# frozen_string_literal: true

require "json"
require "socket"

# A server on a port of its own that answers as a test says, over real connections: also what no well-behaved server
# would send.
class KeyServer
  attr_reader :port

  def initialize(document = nil)
    @server = TCPServer.new("127.0.0.1", 0)
    @port = @server.addr[1]
    @paths = Queue.new
    @answers = {}
    publish(document) if document
    @thread = Thread.new { accept }
  end

  # From now on: +answer+ is called with the socket once a request has been read.
  def answer=(answer)
    @answers = Hash.new(answer)
  end

  def url(path = "/jwks.json")
    "http://127.0.0.1:#{port}#{path}"
  end

  def publish(*documents)
    reply(body: JSON.generate({ "keys" => documents.flat_map { |document| document["keys"] } }))
  end

  # From now on: this answer, to all requests or to those for one path.
  def reply(path: nil, status: 200, headers: {}, body: "")
    lines = ["HTTP/1.1 #{status} Whatever", "Content-Length: #{body.bytesize}", "Connection: close"]
    lines += headers.map { |name, value| "#{name}: #{value}" }
    answer = ->(socket) { socket.write("#{lines.join("\r\n")}\r\n\r\n", body) }
    path ? @answers[path] = answer : self.answer = answer
  end

  # How many requests came so far.
  def requests
    @paths.size
  end

  def paths
    Array.new(@paths.size) { @paths.pop }
  end

  # Waits for the next request, and takes it out of the count.
  def wait_for_request
    @paths.pop
  end

  def close
    @thread.kill
    @server.close
  end

  private

  def accept
    loop { Thread.new(@server.accept) { |socket| serve(socket) } }
  end

  def serve(socket)
    path = socket.gets.to_s.split[1]
    nil until ["\r\n", nil].include?(socket.gets)
    answer = @answers[path]
    @paths << path
    answer.call(socket)
  rescue SystemCallError, IOError
    # The client went away, as some tests want it to.
  ensure
    socket.close
  end
end
