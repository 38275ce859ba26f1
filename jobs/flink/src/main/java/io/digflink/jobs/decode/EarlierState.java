package io.digflink.jobs.decode;

import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestState;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns what the state of an earlier release has of requests' progress into events, so that the
 * stage that counts images now goes on from there. In that state Denoise had handed over images
 * that were counted nowhere but here.
 */
final class EarlierState {
  private final List<RequestEvent> events = new ArrayList<>();

  /** Events in the order in which they are to be told, before any other. */
  List<RequestEvent> events() {
    return events;
  }

  /** A latent that Denoise counts as handed over and that is not done here. */
  void latent(ImageHeader image) {
    events.add(
        new RequestEvent(
            RequestEvent.Kind.HANDED_OVER,
            image.requestId(),
            image.source(),
            image.images(),
            -1,
            null,
            null,
            null,
            image.finishedAt(),
            0,
            null,
            image.headers()));
  }

  /** Images that failed and that Denoise counts as handed over. */
  void failed(FailedImages failed) {
    EarlierNews news =
        new EarlierNews(
            failed.requestId(),
            failed.source(),
            null,
            0,
            0,
            null,
            failed.reject(),
            failed.reject().getAt().toEpochMilli(),
            new byte[0]);
    failed(news, failed.images());
  }

  private void failed(EarlierNews news, int images) {
    // In this order: for a moment too few images are accounted for, never too many.
    add(RequestEvent.Kind.HANDED_OVER, news, -images, null, null);
    add(RequestEvent.Kind.FAILED, news, images, null, news.failure());
  }

  /** News that had not been told. */
  void news(EarlierNews news) {
    if (news.failure() != null) {
      failed(news, 1);
    } else if (!news.isEnd()) {
      add(RequestEvent.Kind.TOLD, news, 0, news.state(), null);
    } else {
      add(RequestEvent.Kind.OPENED, news, 0, RequestState.RUNNING, null);
      add(RequestEvent.Kind.HANDED_OVER, news, news.imagesDone(), null, null);
      if (news.state() != RequestState.COMPLETED) {
        // Denoise has given the reject already.
        int dropped = news.images() - news.imagesDone();
        add(RequestEvent.Kind.DROPPED, news, dropped, news.state(), null);
      }
    }
  }

  private void add(
      RequestEvent.Kind kind,
      EarlierNews news,
      int count,
      RequestState state,
      RejectedRequest reject) {
    events.add(
        new RequestEvent(
            kind,
            news.requestId(),
            news.source(),
            news.images(),
            count,
            state,
            kind == RequestEvent.Kind.OPENED ? news.original() : null,
            reject,
            news.at(),
            0,
            null,
            news.headers()));
  }
}
