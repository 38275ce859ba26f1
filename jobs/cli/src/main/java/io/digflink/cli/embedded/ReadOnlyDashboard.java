package io.digflink.cli.embedded;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.io.network.netty.InboundChannelHandlerFactory;
import org.apache.flink.shaded.netty4.io.netty.buffer.Unpooled;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelFutureListener;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandler;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandlerContext;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelInboundHandlerAdapter;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.DefaultFullHttpResponse;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.FullHttpResponse;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpHeaderNames;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpMethod;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpRequest;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpResponseStatus;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpVersion;
import org.apache.flink.shaded.netty4.io.netty.util.ReferenceCountUtil;

/**
 * Lets the embedded cluster's REST port show things and cancel jobs, and nothing else: {@code
 * web.submit.enable} hides the upload of jars, but {@code POST /jobs} would still run whatever a
 * stranger sends. Flink finds this class as a service; it acts only on clusters that ask for it.
 */
public final class ReadOnlyDashboard implements InboundChannelHandlerFactory {
  static final ConfigOption<Boolean> ENABLED =
      ConfigOptions.key("dig.read-only-dashboard").booleanType().defaultValue(false);

  /** Reading, and {@code PATCH /jobs/ID?mode=cancel}. */
  private static final Set<HttpMethod> ALLOWED =
      Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS, HttpMethod.PATCH);

  @Override
  public int priority() {
    return 0;
  }

  @Override
  public Optional<ChannelHandler> createHandler(
      Configuration configuration, Map<String, String> responseHeaders) {
    return configuration.get(ENABLED) ? Optional.of(new Refusal()) : Optional.empty();
  }

  private static final class Refusal extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof HttpRequest request && !ALLOWED.contains(request.method())) {
        ReferenceCountUtil.release(message);
        context.writeAndFlush(answer()).addListener(ChannelFutureListener.CLOSE);
      } else {
        context.fireChannelRead(message);
      }
    }

    private static FullHttpResponse answer() {
      byte[] text =
          "This dashboard shows the job and can cancel it; it takes nothing else.\n"
              .getBytes(StandardCharsets.UTF_8);
      FullHttpResponse answer =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1, HttpResponseStatus.FORBIDDEN, Unpooled.wrappedBuffer(text));
      answer.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, text.length);
      return answer;
    }
  }
}
