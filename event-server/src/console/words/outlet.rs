//! What managers read of one outlet's figures.

super::words! {
    /// Of an outlet's meter and breaker.
    OutletWords {
        pages: "Pages of the building", "建物のページ";
        breaker: "Breaker", "ブレーカ";
        on: "on", "オン";
        off: "off", "オフ";
        unknown: "unknown", "不明";
        power: "Power", "電力";
        current: "Current", "電流";
        voltage: "Voltage", "電圧";
        register: "Register", "指示値";
        since: "Power on since", "通電開始";
        measured: "As of", "計測時刻";
        last_day: "The last 24 hours, by the half hour", "直近24時間(30分ごと)";
        spread: "Pale bars: the meter was not read at the ends of the half hour; the energy is spread evenly over the time between.", "薄い棒: 30分の区切りで計測できなかったため、その間の電力量を均等に配分した値です。";
        charge: "The charge that runs", "実行中の充電";
        more: "Label, unit and use", "ラベル・住戸・使用停止";
        reloading: "Without JavaScript, this page loads itself again every 15 seconds.", "JavaScript が無効のため、15秒ごとに再読み込みします。";
    }
}
