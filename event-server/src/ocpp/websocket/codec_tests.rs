//! The codec against well-formed and malformed clients.

use bytes::BytesMut;

use super::*;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A client's frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = BytesMut::new();
    put_frame(&mut frame, first, payload);
    let header = frame.len() - payload.len();
    let mut masked = frame[..header].to_vec();
    masked[1] |= 0x80;
    masked.extend_from_slice(&MASK);
    masked.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    masked
}

fn all(decoder: &mut Decoder, bytes: &[u8]) -> Result<Vec<Message>, Violation> {
    decoder.feed(bytes);
    let mut messages = Vec::new();
    while let Some(message) = decoder.next()? {
        messages.push(message);
    }
    Ok(messages)
}

fn read(bytes: &[u8]) -> Result<Vec<Message>, Violation> {
    all(&mut Decoder::new(true), bytes)
}

fn text(text: &str) -> Message {
    Message::Text(text.into())
}

#[test]
fn messages_of_every_length_class_are_read() {
    for length in [0, 1, 7, 8, 9, 125, 126, 65_535, 65_536] {
        let payload = "x".repeat(length);
        assert_eq!(
            read(&frame(0x81, payload.as_bytes())).unwrap(),
            [text(&payload)],
            "{length}"
        );
    }
}

#[test]
fn a_stream_cut_at_any_byte_gives_the_same_messages() {
    let mut stream = frame(0x81, "電路".as_bytes());
    stream.extend(frame(0x01, "first ".as_bytes()));
    stream.extend(frame(0x89, b"between"));
    stream.extend(frame(0x80, "second".as_bytes()));
    stream.extend(frame(0x81, "x".repeat(200).as_bytes()));
    stream.extend(frame(0x88, &[0x03, 0xe8]));
    let whole = read(&stream).unwrap();
    assert_eq!(whole.len(), 5);
    assert_eq!(
        whole[1..3],
        [Message::Ping(b"between".to_vec()), text("first second")]
    );
    for cut in 0..stream.len() {
        let mut decoder = Decoder::new(true);
        let mut messages = all(&mut decoder, &stream[..cut]).unwrap();
        messages.extend(all(&mut decoder, &stream[cut..]).unwrap());
        assert_eq!(messages, whole, "cut at {cut}");
    }
    let mut decoder = Decoder::new(true);
    let bytewise: Vec<Message> = stream
        .iter()
        .flat_map(|byte| all(&mut decoder, &[*byte]).unwrap())
        .collect();
    assert_eq!(bytewise, whole);
}

#[test]
fn violations_get_the_code_that_fits() {
    let mut unmasked = frame(0x81, b"hello");
    unmasked[1] &= 0x7f;
    let huge_header = [0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 1];
    let table: [(&str, Vec<u8>, u16); 16] = [
        ("not masked", unmasked, 1002),
        ("reserved bits", frame(0xa1, b""), 1002),
        ("unknown opcode", frame(0x83, b""), 1002),
        ("unknown control opcode", frame(0x8b, b""), 1002),
        ("binary", frame(0x82, b""), 1003),
        ("compressed binary", frame(0xc2, b""), 1003),
        ("compressed ping", frame(0xc9, b""), 1002),
        ("continuation of nothing", frame(0x80, b""), 1002),
        ("fragmented ping", frame(0x09, b""), 1002),
        ("ping of 126 bytes", frame(0x89, &[0; 126]), 1002),
        ("not UTF-8", frame(0x81, &[0xff]), 1007),
        ("close code 1005", frame(0x88, &[0x03, 0xed]), 1002),
        ("close of one byte", frame(0x88, &[0x03]), 1002),
        ("close reason not UTF-8", frame(0x88, &[0x03, 0xe8, 0xff]), 1007),
        ("too big, from the header alone", huge_header.to_vec(), 1009),
        (
            "message in a message",
            [frame(0x01, b"a"), frame(0x81, b"b")].concat(),
            1002,
        ),
    ];
    for (name, bytes, code) in table {
        assert_eq!(read(&bytes).unwrap_err().code, code, "{name}");
    }
}

#[test]
fn fragments_that_add_up_to_too_much_are_refused() {
    let half = vec![b'x'; 40 << 10];
    let stream = [frame(0x01, &half), frame(0x80, &half)].concat();
    assert_eq!(read(&stream), Err(Violation::TOO_BIG));
}

#[test]
fn a_compressed_message_needs_the_agreement_and_may_be_fragmented() {
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    assert_eq!(read(&frame(0xc1, &hello)).unwrap(), [text("Hello")]);
    let fragments = [frame(0x41, &hello[..3]), frame(0x80, &hello[3..])].concat();
    assert_eq!(read(&fragments).unwrap(), [text("Hello")]);
    let without = all(&mut Decoder::new(false), &frame(0xc1, &hello));
    assert_eq!(without.unwrap_err().code, 1002);
}

#[test]
fn a_bomb_is_refused_as_too_big() {
    let mut bomb = BytesMut::new();
    put_text(&mut bomb, &"0".repeat(1 << 20), true);
    let payload = &bomb[4..];
    assert!(bomb.len() < 8192);
    assert_eq!(read(&frame(0xc1, payload)), Err(Violation::TOO_BIG));
}

#[test]
fn no_memory_is_held_between_messages() {
    let mut decoder = Decoder::new(true);
    all(&mut decoder, &frame(0x81, &[b'x'; 60_000])).unwrap();
    assert_eq!((decoder.input.capacity(), decoder.partial), (0, None));
}

#[test]
fn answers_are_whole_unmasked_frames_and_long_ones_compressed() {
    let mut output = BytesMut::new();
    put_text(&mut output, "hi", true);
    put_ping(&mut output);
    put_pong(&mut output, b"p");
    put_close(&mut output, 1000, "bye");
    assert_eq!(output.as_ref(), b"\x81\x02hi\x89\x00\x8a\x01p\x88\x05\x03\xe8bye");
    let long = "meter ".repeat(100);
    let mut output = BytesMut::new();
    put_text(&mut output, &long, true);
    assert_eq!(output[0], 0xc1);
    assert_eq!(deflate::inflate(&output[2..], 1000).unwrap(), long.as_bytes());
    let mut output = BytesMut::new();
    put_text(&mut output, &long, false);
    assert_eq!((output[0], output.len()), (0x81, long.len() + 4));
}
