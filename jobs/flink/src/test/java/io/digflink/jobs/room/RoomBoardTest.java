package io.digflink.jobs.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.room.RoomBoard.Side;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two subtasks that send and two that hold. */
class RoomBoardTest {
  private final RoomBoard board = new RoomBoard();
  private final List<RoomNews> ofSender = new ArrayList<>();
  private final List<RoomNews> ofHolder = new ArrayList<>();

  @BeforeEach
  void start() {
    for (int i = 0; i < 2; i++) {
      ready(Side.SENDING, i);
      ready(Side.HOLDING, i);
      board.reported(i, new RoomReport(true, true, 0, 0));
    }
    ofSender.clear();
    ofHolder.clear();
  }

  private void ready(Side side, int subtask) {
    List<RoomNews> news = side == Side.SENDING ? ofSender : ofHolder;
    board.ready(
        side,
        2,
        new Subtask(
            subtask,
            event -> {
              if (subtask == 0) {
                news.add((RoomNews) event);
              }
            }));
  }

  private RoomNews last() {
    assertThat(ofHolder).as("both sides hear the same").isEqualTo(ofSender);
    return ofSender.get(ofSender.size() - 1);
  }

  @Test
  void thereIsRoomIfEverySubtaskHasSome() {
    board.reported(1, new RoomReport(false, false, 5, 0));
    assertThat(last().isAvailable()).isFalse();
    board.reported(0, new RoomReport(false, false, 5, 0));
    board.reported(1, new RoomReport(true, false, 6, 0));
    assertThat(last().isAvailable()).isFalse();
    board.reported(0, new RoomReport(true, false, 5, 0));
    assertThat(last().isAvailable()).isTrue();
  }

  @Test
  void eachSenderHearsItsEqualPartOfWhatWaits() {
    board.reported(0, new RoomReport(true, false, 5, 0.25));
    board.reported(1, new RoomReport(true, false, 5, 3));
    assertThat(last().requestsWaiting()).isEqualTo(1.625);
    board.gone(Side.HOLDING, 1);
    assertThat(last().requestsWaiting()).isEqualTo(0.125);
  }

  @Test
  void whatIsNoNewsIsNotTold() {
    board.reported(0, new RoomReport(true, false, 5, 0));
    board.reported(1, new RoomReport(true, false, 6, 0));

    assertThat(ofSender).isEmpty();
    assertThat(ofHolder).isEmpty();
  }

  @Test
  void itIsDrainedWhenAllInputsHaveEndedAllSubtasksAreEmptyAndTheCountsAreEqual() {
    board.ended(0, new InputEnd(3));
    assertThat(last()).isEqualTo(new RoomNews(true, true, false, 0));
    board.reported(0, new RoomReport(true, true, 3, 0));
    board.ended(1, new InputEnd(4));
    assertThat(last().isDrained()).as("four are under way").isFalse();
    board.reported(1, new RoomReport(true, false, 4, 0));
    assertThat(last().isDrained()).as("one is held").isFalse();
    ofHolder.clear();
    board.reported(1, new RoomReport(true, true, 4, 0));
    assertThat(ofSender).endsWith(new RoomNews(true, true, true, 0));
    assertThat(ofHolder).as("of tasks that may have ended by then").isEmpty();
  }

  @Test
  void equalCountsAreNotEnoughWhileAnInputGoesOn() {
    board.reported(0, new RoomReport(true, true, 3, 0));
    board.ended(0, new InputEnd(3));

    assertThat(last().isDrained()).as("the other sender goes on").isFalse();
  }

  /** The subtask may get more from one that sends to it again after a restart. */
  @Test
  void aSubtaskThatFailsIsNoLongerDrainedUntilItReportsAnew() {
    board.ended(0, new InputEnd(3));
    board.ended(1, new InputEnd(4));
    board.reported(0, new RoomReport(true, true, 7, 0));
    assertThat(ofSender).endsWith(new RoomNews(true, true, true, 0));

    board.gone(Side.HOLDING, 0);
    assertThat(ofSender.get(ofSender.size() - 1)).isEqualTo(new RoomNews(true, true, false, 0));
    ofHolder.clear();
    ready(Side.HOLDING, 0);
    assertThat(ofHolder)
        .as("what it hears first")
        .containsExactly(new RoomNews(true, true, false, 0));
    board.reported(0, new RoomReport(true, true, 6, 0));
    assertThat(ofHolder).as("one is under way").hasSize(1);
    board.reported(0, new RoomReport(true, true, 7, 0));

    assertThat(ofSender).endsWith(new RoomNews(true, true, true, 0));
  }

  @Test
  void aSenderThatFailsHasNotEnded() {
    board.ended(0, new InputEnd(3));
    board.ended(1, new InputEnd(4));
    board.reported(0, new RoomReport(true, true, 7, 0));
    board.gone(Side.SENDING, 1);

    RoomNews now = ofHolder.get(ofHolder.size() - 1);
    assertThat(now).isEqualTo(new RoomNews(true, true, false, 0));
    board.gone(Side.SENDING, 0);
    assertThat(ofHolder).endsWith(new RoomNews(true, false, false, 0));
  }

  @Test
  void aFullSubtaskThatFailsIsNoLongerFull() {
    board.reported(1, new RoomReport(false, false, 5, 0));
    assertThat(last().isAvailable()).isFalse();
    board.gone(Side.HOLDING, 1);

    assertThat(ofSender).endsWith(new RoomNews(true, false, false, 0));
  }
}
