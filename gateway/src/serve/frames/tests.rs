//! Bodies in every cut: what is read, what is held meanwhile, and when it is given up.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::*;
use crate::serve::budget::Budget;

const LONGEST: usize = 4 << 20;
const WITHIN: Duration = Duration::from_secs(10);

type Piece = Result<Frame<Bytes>, Infallible>;

fn of<S: Stream<Item = Piece> + Unpin>(pieces: S, budget: &Arc<Budget>) -> Frames<StreamBody<S>> {
    Frames::new(StreamBody::new(pieces), LONGEST, WITHIN, budget.lease(&"school".into()))
}

fn data(octets: &[u8]) -> Piece {
    Ok(Frame::data(Bytes::copy_from_slice(octets)))
}

fn budget() -> Arc<Budget> {
    Budget::new(16 << 20, 4 << 20)
}

/// All messages of a body that comes in pieces of this many octets, and why they end.
async fn read(body: &[u8], piece: usize) -> (Vec<Vec<u8>>, Option<Flaw>) {
    let pieces: Vec<Piece> = body.chunks(piece).map(data).collect();
    let budget = budget();
    let mut frames = of(stream::iter(pieces), &budget);
    let mut messages = Vec::new();
    let end = loop {
        match frames.next().await {
            Ok(Some(message)) => messages.push(message.to_vec()),
            Ok(None) => break None,
            Err(flaw) => break Some(flaw),
        }
        assert_eq!(budget.shown(), (0, 0), "a whole message is held by its reader");
    };
    (messages, end)
}

#[tokio::test]
async fn messages_are_read_however_the_body_is_cut() {
    let long = vec![7; 70_000];
    let framed = |message: &[u8]| framed(message).to_vec();
    let none = Vec::<Vec<u8>>::new;
    let rows = [
        ("no body", vec![], none(), None),
        ("one", framed(b"one"), vec![b"one".to_vec()], None),
        ("one of no octet", framed(b""), vec![vec![]], None),
        (
            "three",
            [framed(b"one"), framed(b""), framed(&long)].concat(),
            vec![b"one".to_vec(), vec![], long.clone()],
            None,
        ),
        ("half a prefix", framed(b"one")[..3].to_vec(), vec![], Some(Flaw::CutOff)),
        (
            "half a message",
            [framed(b"one"), framed(b"two")[..6].to_vec()].concat(),
            vec![b"one".to_vec()],
            Some(Flaw::CutOff),
        ),
        ("marked as compressed", vec![1, 0, 0, 0, 1, 9], vec![], Some(Flaw::Compressed)),
        ("flags that are none", vec![2, 0, 0, 0, 1, 9], vec![], Some(Flaw::Flags)),
        ("too long by one", [&[0][..], &(LONGEST as u32 + 1).to_be_bytes()].concat(), vec![], Some(Flaw::TooLong)),
    ];
    for (row, body, messages, end) in rows {
        for piece in [1, 2, 5, 7, 16_384, usize::MAX] {
            assert_eq!(read(&body, piece).await, (messages.clone(), end), "{row}, in pieces of {piece}");
        }
    }
}

#[tokio::test]
async fn the_longest_message_goes_through_and_room_never_exceeds_it() {
    let message = vec![1; LONGEST];
    let (budget, body) = (budget(), framed(&message));
    let pieces: Vec<Piece> = body.chunks(16_384).map(data).collect();
    let mut most = 0;
    let watched = stream::iter(pieces).inspect(|_| most = most.max(budget.shown().0));
    assert_eq!(of(watched, &budget).next().await.unwrap().unwrap(), message);
    assert_eq!(most, LONGEST, "at the end it holds its own length, and no power of two beyond");
}

#[tokio::test]
async fn what_is_held_follows_what_has_arrived() {
    let budget = budget();
    let (to, pieces) = mpsc::unbounded_channel();
    let mut frames =
        of(Box::pin(stream::unfold(pieces, async |mut pieces| Some((pieces.recv().await?, pieces)))), &budget);
    let reading = tokio::spawn(async move { frames.next().await });
    to.send(data(&[&[0][..], &(LONGEST as u32 - 1).to_be_bytes()].concat())).unwrap();
    settle().await;
    assert_eq!(budget.shown(), (0, 0), "announced, and nothing came");
    to.send(data(b"x")).unwrap();
    settle().await;
    assert_eq!(budget.shown(), (1, 1));
    to.send(data(&[0; 100])).unwrap();
    settle().await;
    assert!((101..=202).contains(&budget.shown().0), "{:?}", budget.shown());
    reading.abort();
    settle().await;
    assert_eq!(budget.shown(), (0, 0), "given back by who gave up");
}

#[tokio::test]
async fn who_holds_too_much_is_told_and_a_message_in_one_piece_is_not() {
    let budget = Budget::new(30, 20);
    let unfinished = [&framed(&[1; 40])[..35]].concat();
    // Room doubles: behind 15 octets that of 30 is asked for, behind 10 that of 20.
    for (first, wanted) in [(PREFIX + 15, Flaw::Full(Full::Share)), (PREFIX + 10, Flaw::CutOff)] {
        let pieces = [data(&unfinished[..first]), data(&unfinished[first..first + 5])];
        assert_eq!(of(stream::iter(pieces), &budget).next().await, Err(wanted), "{first}");
    }
    let mut others = [budget.lease(&"b".into()), budget.lease(&"c".into())];
    others.iter_mut().for_each(|lease| lease.grow(15).unwrap());
    let flaw = of(stream::iter([data(&unfinished[..10])]), &budget).next().await.unwrap_err();
    assert_eq!(flaw, Flaw::Full(Full::All));
    let whole = of(stream::iter([data(&framed(&[1; 40]))]), &budget).next().await.unwrap().unwrap();
    assert_eq!(whole.len(), 40, "the bystander's message was never unfinished");
}

#[tokio::test(start_paused = true)]
async fn a_message_has_its_time_from_its_first_octet_and_silence_before_it_costs_none() {
    let begun = Instant::now();
    let slowly = stream::iter(framed(b"slow").to_vec()).then(|octet| async move {
        sleep(Duration::from_secs(1)).await;
        data(&[octet])
    });
    let later = stream::once(async {
        sleep(Duration::from_secs(3_600)).await;
        data(&framed(b"later"))
    });
    let never = stream::iter([data(&[0, 0])]).chain(stream::pending());
    let mut frames = of(Box::pin(slowly.chain(later).chain(never)), &budget());
    assert_eq!(frames.next().await.unwrap().unwrap(), &b"slow"[..]);
    assert_eq!(frames.next().await.unwrap().unwrap(), &b"later"[..], "a stream may be silent for an hour");
    let before = begun.elapsed();
    assert_eq!(frames.next().await, Err(Flaw::Late));
    assert_eq!(begun.elapsed() - before, WITHIN);
}

/// Lets every other task go on until it waits.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}
