//! Any bytes as an item. The reading's spans stay inside it, its map goes forward, and a plain
//! text's figures are the bytes they name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use read::Facts;
use record::{Sha256, Span, canonical};

fuzz_target!(|bytes: &[u8]| {
    let size = bytes.len() as u64;
    let reading = read::read(Sha256([0; 32]), bytes, size, &Facts::default());
    let text = reading.text.as_deref().map_or(size, |text| text.len() as u64);
    let (mut item_at, mut text_at) = (0, 0);
    for piece in &reading.map {
        assert!(piece.item.start >= item_at && piece.item.end <= size, "{piece:?}");
        assert!(piece.text.start >= text_at && piece.text.end <= text, "{piece:?}");
        (item_at, text_at) = (piece.item.start, piece.text.end);
    }
    assert!(reading.main.iter().all(|span| span.end <= text));
    for figure in &reading.figures {
        let span = Span::new(figure.start, figure.end);
        assert!(figure.end <= size && !span.is_empty(), "{figure:?}");
        if reading.text.is_none() {
            assert_eq!(span.of(bytes), Some(figure.text.as_bytes()));
        }
    }
    for stated in [&reading.title, &reading.byline, &reading.published, &reading.language] {
        assert!(stated.iter().filter_map(|stated| stated.span).all(|span| span.end <= size));
    }
    // What is kept as an object is read back the same.
    let kept = canonical::to_bytes(&reading);
    assert_eq!(canonical::from_bytes::<record::Reading>(&kept).ok(), Some(reading));
});
