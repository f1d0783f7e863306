package fairlead;

import com.google.gson.Gson;
import com.google.protobuf.StringValue;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.xds.XdsChannelCredentials;
import io.grpc.xds.XdsServerBuilder;
import io.grpc.xds.XdsServerCredentials;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The xDS client and server of grpc-java as a test program. ../grpc-clients.md says what its commands and answers mean. */
public final class Main {
  private static final int MAX_MESSAGES = 50;
  private static final Gson GSON = new Gson();
  private static final Map<String, ManagedChannel> CHANNELS = new ConcurrentHashMap<>();
  private static final Map<String, Load> LOADS = new ConcurrentHashMap<>();

  private static final MethodDescriptor<StringValue, StringValue> ASK =
      MethodDescriptor.<StringValue, StringValue>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("fairlead.test.Who/Ask")
          .setRequestMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
          .build();

  /** A command, one a line; which fields count depends on {@code do}. */
  private static final class Command {
    int id;
    @com.google.gson.annotations.SerializedName("do")
    String verb = "";
    String channel = "";
    String target = "";
    long calls;
    int concurrency = 1;
    int pauseMs;
    int timeoutMs;
    Map<String, String> headers = Map.of();
    String address = "";
    String name = "";
  }

  public static void main(String[] args) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Command command = GSON.fromJson(line, Command.class);
      Thread thread = new Thread(() -> answer(command));
      thread.setDaemon(true);
      thread.start();
    }
    System.exit(0);
  }

  private static void answer(Command command) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("id", command.id);
    try {
      run(command, answer);
    } catch (Exception error) {
      answer.put("error", String.valueOf(error));
    }
    tell(answer);
  }

  private static void tell(Map<String, Object> line) {
    String text = GSON.toJson(line);
    synchronized (System.out) {
      System.out.println(text);
      System.out.flush();
    }
  }

  private static void run(Command command, Map<String, Object> answer) throws Exception {
    switch (command.verb) {
      case "open" -> CHANNELS.put(
          command.channel,
          Grpc.newChannelBuilder(command.target, XdsChannelCredentials.create(InsecureChannelCredentials.create()))
              .build());
      case "call" -> {
        Load load = new Load(find(command.channel), command, command.calls);
        load.done.await();
        answer.put("tally", load.tally());
      }
      case "load" -> LOADS.put(command.channel, new Load(find(command.channel), command, Long.MAX_VALUE / 2));
      case "stop" -> {
        Load load = LOADS.remove(command.channel);
        load.left.set(0);
        load.done.await();
        answer.put("tally", load.tally());
      }
      case "close" -> {
        ManagedChannel channel = CHANNELS.remove(command.channel);
        channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
      }
      case "serve" -> serve(command, answer);
      default -> throw new IllegalArgumentException("unknown command " + command.verb);
    }
  }

  private static ManagedChannel find(String name) {
    ManagedChannel channel = CHANNELS.get(name);
    if (channel == null) throw new IllegalArgumentException("no channel " + name + " is open");
    return channel;
  }

  /** An xDS-enabled server: its listener, routes and filters come from the control plane. Each change of mode is told. */
  private static void serve(Command command, Map<String, Object> answer) throws Exception {
    int port = Integer.parseInt(command.address.substring(command.address.lastIndexOf(':') + 1));
    XdsServerBuilder builder =
        XdsServerBuilder.forPort(port, XdsServerCredentials.create(InsecureServerCredentials.create()));
    builder.xdsServingStatusListener(
        new XdsServerBuilder.XdsServingStatusListener() {
          @Override
          public void onServing() {
            tell(Map.of("serving", command.address, "mode", "serving"));
          }

          @Override
          public void onNotServing(Throwable cause) {
            tell(Map.of("serving", command.address, "mode", "not serving", "message", String.valueOf(cause)));
          }
        });
    ServerServiceDefinition service =
        ServerServiceDefinition.builder("fairlead.test.Who")
            .addMethod(
                ASK,
                ServerCalls.asyncUnaryCall(
                    (request, observer) -> {
                      observer.onNext(StringValue.of(command.name));
                      observer.onCompleted();
                    }))
            .build();
    Server server = builder.addService(service).build();
    // start() returns once the listener has come.
    Thread thread =
        new Thread(
            () -> {
              try {
                server.start();
              } catch (Exception error) {
                System.err.println(error);
              }
            });
    thread.setDaemon(true);
    thread.start();
    answer.put("address", command.address);
  }

  /** Calls by a number of threads, and what came of them. */
  private static final class Load {
    final AtomicLong left;
    final CountDownLatch done;
    private final io.grpc.Channel channel;
    private final Command command;
    private long ok;
    private long failed;
    private final Map<String, Long> by = new TreeMap<>();
    private final Map<String, Long> errors = new TreeMap<>();

    Load(ManagedChannel channel, Command command, long calls) {
      this.command = command;
      Metadata headers = new Metadata();
      command.headers.forEach(
          (key, value) -> headers.put(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER), value));
      this.channel = ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
      left = new AtomicLong(calls);
      int threads = Math.max(1, command.concurrency);
      done = new CountDownLatch(threads);
      for (int number = 0; number < threads; number++) {
        Thread thread = new Thread(this::keepCalling);
        thread.setDaemon(true);
        thread.start();
      }
    }

    private void keepCalling() {
      while (left.getAndDecrement() > 0) {
        ask();
        try {
          Thread.sleep(command.pauseMs);
        } catch (InterruptedException ended) {
          break;
        }
      }
      done.countDown();
    }

    private void ask() {
      CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(command.timeoutMs, TimeUnit.MILLISECONDS);
      try {
        String name = ClientCalls.blockingUnaryCall(channel, ASK, options, StringValue.getDefaultInstance()).getValue();
        synchronized (this) {
          ok++;
          by.merge(name, 1L, Long::sum);
        }
      } catch (RuntimeException error) {
        Status status = Status.fromThrowable(error);
        String text = status.getCode() + ": " + status.getDescription();
        synchronized (this) {
          failed++;
          if (errors.containsKey(text) || errors.size() < MAX_MESSAGES) errors.merge(text, 1L, Long::sum);
        }
      }
    }

    synchronized Map<String, Object> tally() {
      return Map.of("ok", ok, "failed", failed, "by", by, "errors", errors);
    }
  }
}
