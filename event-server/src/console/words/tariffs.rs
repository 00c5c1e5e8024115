//! What managers read about prices.

super::words! {
    /// Of a site's tariff.
    TariffWords {
        pages: "Pages of the building", "建物のページ";
        prices: "Prices", "料金";
        none: "No tariff is registered, so the plain price of the settings holds:", "料金表がまだ登録されていないため、設定ページの単価で計算しています:";
        none_yet: "Until the tariff below begins, the plain price of the settings holds:", "下の料金表が始まるまでは、設定ページの単価で計算します:";
        free_yet: "Until the tariff below begins, charging is free of charge.", "下の料金表が始まるまでは、充電は無料です。";
        free: "No tariff is registered and the settings have no price: charging is free of charge.", "料金表がまだありません。設定にも単価がないため、充電は無料です。";
        saved: "Saved.", "保存しました。";
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
        idle: "After the car is full, each minute", "満充電後(1分ごと)";
        idle_field: "After the car is full, yen for each minute", "満充電後の料金(円/分)";
        free_field: "Minutes free of charge after the car is full", "満充電後の無料時間(分)";
        holidays: "Holidays", "休日";
        holidays_field: "Holidays, one date to a line, such as 2027-01-01", "休日(1行に1日。例: 2027-01-01)";
        band: "Time of day", "時間帯";
        name_field: "Name", "名称";
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
        draft: "Not in force yet. Look at it, then put it into force below.", "まだ登録されていません。内容を確認し、下のボタンで登録してください。";
        sure: "Put these prices into force", "この料金を登録する";
        back: "Change them", "入力に戻る";
        at_once: "now", "今すぐ";
        examples: "What charges would cost", "料金の例";
        begins: "Begins", "開始時刻";
        takes: "Takes", "電力量";
        costs: "Costs", "料金";
        three_hours: "9 kWh in 3 hours", "9 kWh(3時間)";
        shared: "Other buildings have this tariff too; it changes there as well.", "この料金表はほかの建物でも使われており、同時に変更されます。";
        see_faults: "Nothing is registered yet: please put right what is marked below.", "まだ登録されていません。下の赤い印の項目を直してください。";
        bad_price: "Enter an amount of 0 or more, such as 31 or 31.5, with at most three decimals.", "0 以上の金額を入力してください(例: 31、31.5。小数は3桁まで)。";
        bad_whole: "Enter a whole number, 0 or more.", "0 以上の整数を入力してください。";
        bad_time: "Enter a time as HH:MM, from 00:00 to 24:00.", "時刻を HH:MM の形で入力してください(00:00〜24:00)。";
        same_times: "The end must differ from the begin; a whole day is 00:00 to 24:00.", "開始と終了が同じです。終日は 00:00〜24:00 と入力してください。";
        no_name: "Give this time of day a name: name, begin, end and price belong together. To leave it out, empty all of its fields.", "この時間帯の名称を入力してください。名称・開始・終了・単価がすべて必要です。使わない場合はすべて空欄にしてください。";
        bad_days: "Choose the days from the list.", "曜日を一覧から選んでください。";
        overlap: "“{one}” and “{two}” overlap: only one price can hold at a time.", "「{one}」と「{two}」の時間帯が重なっています。";
        bad_holidays: "Enter one date to a line, such as 2027-01-01, and each only once.", "休日は1行に1日ずつ、2027-01-01 の形で入力してください。同じ日は1回だけです。";
        bad_begin: "Enter a date and a time, such as 2027-01-01 00:00.", "日付と時刻を入力してください(例: 2027-01-01 00:00)。";
        in_past: "This lies in the past. Choose a later time, or leave it empty for at once.", "過去の日時です。これからの日時を入力するか、今すぐ適用する場合は空欄にしてください。";
        not_after: "Prices from {from} are registered already. Choose a time after that, or withdraw those first.", "{from} からの料金がすでに登録されています。それより後の日時にするか、先にその予定を取り消してください。";
        too_much: "An amount or a number of minutes is too high.", "金額か分数が大きすぎます。";
        withdraw: "Withdraw these prices", "この予定を取り消す";
        withdraw_title: "Withdraw the prices from {from}", "{from} からの料金を取り消す";
        withdraw_why: "They will not come into force. What holds before that goes on to hold.", "この料金は適用されません。それまでの料金がそのまま続きます。";
        withdraw_sure: "Withdraw them", "取り消す";
        begun: "These prices hold already and cannot be withdrawn. Register new ones instead.", "この料金はすでに適用されているため取り消せません。新しい料金を登録してください。";
    }
}
