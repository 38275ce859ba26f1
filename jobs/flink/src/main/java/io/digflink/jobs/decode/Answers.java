package io.digflink.jobs.decode;

import io.digflink.jobs.denoise.DenoisedImage;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.ProgressRecords;
import io.digflink.jobs.request.RejectException;
import io.digflink.jobs.request.RejectRecords;
import io.digflink.jobs.request.RequestNews;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Tells clients how far their requests are, in order: each image that is done, and at last how the
 * request ended. An image that cannot be decoded leads to one reject at the end of its request,
 * since only then the request's original bytes are at hand.
 */
final class Answers {
  private final Consumer<Answer<RequestProgress>> progress;
  private final Consumer<Answer<RejectedRequest>> rejects;
  private final Map<String, FailedImages> failed = new LinkedHashMap<>();

  /**
   * @param progress takes progress
   * @param rejects takes rejects
   */
  Answers(Consumer<Answer<RequestProgress>> progress, Consumer<Answer<RejectedRequest>> rejects) {
    this.progress = progress;
    this.rejects = rejects;
  }

  /** An image is done. The last one of a request is told with the end of the request. */
  void done(DenoisedImage image, long now) {
    ImageHeader header = image.header();
    if (header.isLast()) {
      return;
    }
    int done = header.index() + 1 - failedOf(header.source());
    progress.accept(
        new Answer<>(
            ProgressRecords.of(
                header.requestId(), RequestState.RUNNING, header.images(), done, now),
            header.headers()));
  }

  /** An image cannot be decoded. */
  void failed(DenoisedImage image, RejectException why, long now) {
    ImageHeader header = image.header();
    failed(
        header.requestId(),
        header.source(),
        RejectRecords.of(why, header.requestId(), new byte[0], header.source(), now));
  }

  private void failed(String requestId, String source, RejectedRequest reject) {
    failed.merge(
        source, new FailedImages(requestId, source, 1, reject), (before, one) -> before.plusOne());
  }

  /** News from Denoise; all images before it are done or have failed. */
  void news(RequestNews news, long now) {
    if (news.failure() != null) {
      failed(news.requestId(), news.source(), news.failure());
      return;
    }
    if (!news.isEnd()) {
      tell(news, news.state(), news.imagesDone(), news.at());
      return;
    }
    int done = news.imagesDone() - failedOf(news.source());
    FailedImages failures = failed.remove(news.source());
    if (failures == null) {
      tell(news, news.state(), done, now);
      return;
    }
    rejects.accept(
        new Answer<>(
            RejectRecords.of(failures.reject(), news, failures.images(), now), news.headers()));
    boolean completed = news.state() == RequestState.COMPLETED;
    tell(news, completed ? RequestState.REJECTED : news.state(), done, now);
  }

  private void tell(RequestNews news, RequestState state, int imagesDone, long at) {
    progress.accept(
        new Answer<>(
            ProgressRecords.of(news.requestId(), state, news.images(), imagesDone, at),
            news.headers()));
  }

  private int failedOf(String source) {
    FailedImages failures = failed.get(source);
    return failures == null ? 0 : failures.images();
  }

  /** Failed images of requests that have not ended. */
  Collection<FailedImages> failed() {
    return Collections.unmodifiableCollection(failed.values());
  }

  /** Goes on with failed images of a request that had not ended. */
  void restore(FailedImages failures) {
    failed.put(failures.source(), failures);
  }
}
