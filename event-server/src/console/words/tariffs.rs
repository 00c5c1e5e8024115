//! What managers read about prices.

super::words! {
    /// Of a site's tariff.
    TariffWords {
        pages: "Pages of the building", "建物のページ";
        prices: "Prices", "料金";
        none: "No tariff is set, so charging is free of charge unless a plain price stands in the settings.", "料金表がまだありません。設定に単価がなければ、充電は無料です。";
        plain: "Plain price, from the settings:", "設定の単価:";
        now: "in force", "適用中";
        coming: "coming", "適用予定";
        past: "past", "過去";
        from: "From", "適用開始";
        base: "Energy", "電力量料金";
        base_field: "Energy, yen for a kWh", "電力量料金(円/kWh)";
        fixed: "For each charge", "基本料金(充電1回ごと)";
        fixed_field: "For each charge, yen", "基本料金(充電1回ごと・円)";
        minimum: "At least", "最低料金";
        minimum_field: "A charge costs at least, yen", "最低料金(円)";
        idle: "Full cars, each minute", "満充電後(1分ごと)";
        idle_field: "Full cars, yen for each minute", "満充電後の料金(円/分)";
        free_field: "Free minutes before that", "満充電後の無料時間(分)";
        holidays: "Holidays", "休日";
        holidays_field: "Holidays, one date to a line, such as 2027-01-01", "休日(1行に1日。例: 2027-01-01)";
        band: "Time of day", "時間帯";
        name_field: "Name (empty: none)", "名称(空欄: なし)";
        begin_field: "From, HH:MM", "開始(HH:MM)";
        end_field: "To, HH:MM", "終了(HH:MM)";
        days_field: "Days", "曜日";
        mon: "Mon", "月";
        tue: "Tue", "火";
        wed: "Wed", "水";
        thu: "Thu", "木";
        fri: "Fri", "金";
        sat: "Sat", "土";
        sun: "Sun", "日";
        holiday: "holidays", "休日";
        every_day: "every day", "毎日";
        weekdays: "Monday to Friday", "平日";
        days_off: "Saturday, Sunday, holidays", "土日・休日";
        new_version: "A new version", "新しい料金を登録";
        why: "What holds already is not changed: charges keep the prices that they began with.", "すでに適用されている料金は変わりません。充電は開始時の料金で計算されます。";
        when_field: "From when, by the building's clock (empty: at once)", "適用開始日時(空欄: 今すぐ)";
        preview: "Preview", "内容を確認";
        sure: "Put these prices into force", "この料金を登録する";
        back: "Change them", "入力に戻る";
        at_once: "at once", "今すぐ";
        examples: "What charges would cost", "料金の例";
        begins: "Begins", "開始時刻";
        takes: "Takes", "電力量";
        costs: "Costs", "料金";
        three_hours: "9 kWh in 3 hours", "9 kWh(3時間)";
        shared: "Other buildings have this tariff too; it changes there as well.", "この料金表はほかの建物でも使われており、同時に変更されます。";
        bad: "Something is missing or wrong: amounts are 0 or more, times HH:MM, dates as 2027-01-01.", "入力に不足か誤りがあります。金額は 0 以上、時刻は HH:MM、日付は 2027-01-01 の形で入力してください。";
    }
}
