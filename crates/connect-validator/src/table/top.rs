//! The fields of a descriptor itself.

use super::{Field, NO_LIMIT, Shape, Text, TextRule, Type, optional, required, shape};

const CALLBACK: Type = Type::Text(Text::of(NO_LIMIT, TextRule::Callback));
const TEXT: Type = Type::Text(Text::any(NO_LIMIT));
const URL: Type = Type::Text(Text::of(NO_LIMIT, TextRule::AnyUrl));

/// The whole file.
pub(crate) static DESCRIPTOR: Shape = shape(
    "descriptor",
    &[
        optional(
            "apiMigrations",
            Type::Object(&API_MIGRATIONS),
            "Changes of the platform that the app has opted in to.",
        ),
        optional(
            "apiVersion",
            Type::Integer,
            "Number of the app's own API; a new one makes administrators agree again.",
        )
        .or("1"),
        required(
            "authentication",
            Type::Object(&AUTHENTICATION),
            "How requests between host and app are signed.",
        ),
        required(
            "baseUrl",
            Type::Text(Text::of(200, TextRule::BaseUrl)),
            "Where the app is reached, without a final slash. Every other URL is relative to it.",
        ),
        optional(
            "cloudAppMigration",
            Type::Object(&CLOUD_APP_MIGRATION),
            "Migration of an app's data from Data Center to Cloud.",
        ),
        optional(
            "contexts",
            Type::List(&Type::Enum(&["account", "personal"])),
            "Bitbucket only: what the app is installed into.",
        ),
        optional(
            "dataResidency",
            Type::Object(&DATA_RESIDENCY),
            "How the app moves data between regions.",
        ),
        optional(
            "description",
            Type::Text(Text::any(1_400)),
            "What the app does, in a sentence or two.",
        ),
        optional(
            "editionsEnabled",
            Type::Boolean,
            "Whether the app is sold in editions.",
        )
        .or("false"),
        optional(
            "enableLicensing",
            Type::Boolean,
            "Whether the host checks a Marketplace licence for the app.",
        )
        .or("false"),
        required(
            "key",
            Type::Text(Text::of(80, TextRule::AppKey)),
            "Name of the app, unique among all apps. It can never be changed.",
        ),
        optional(
            "lifecycle",
            Type::Object(&LIFECYCLE),
            "Paths that the host calls when the app is installed, removed, switched on or off.",
        ),
        optional(
            "links",
            Type::Map(&TEXT),
            "Further addresses, such as `self`, `homepage` and `documentation`.",
        ),
        optional(
            "modules",
            Type::Any,
            "What the app adds to the product, by module type.",
        ),
        optional(
            "name",
            Type::Text(Text::any(80)),
            "Name of the app as people see it.",
        ),
        optional(
            "regionBaseUrls",
            Type::Object(&REGION_BASE_URLS),
            "Base URL per region, for data residency.",
        ),
        optional(
            "scopes",
            Type::List(&Type::Any),
            "What the app may do in the product through its REST API.",
        ),
        optional(
            "translations",
            Type::Object(&TRANSLATIONS),
            "Files with translated names.",
        ),
        optional("vendor", Type::Object(&VENDOR), "Who makes the app."),
        optional(
            "version",
            Type::Any,
            "Ignored: versions are counted by the Marketplace.",
        ),
    ],
);

static API_MIGRATIONS: Shape = shape(
    "apiMigrations",
    &[
        optional(
            "context-qsh",
            Type::Boolean,
            "Tokens of the browser carry a fixed hash instead of one of the query.",
        ),
        optional(
            "gdpr",
            Type::Boolean,
            "The app uses account identifiers instead of user names.",
        ),
        optional(
            "signed-install",
            Type::Boolean,
            "Install callbacks are signed with the host's private key.",
        ),
    ],
);

static AUTHENTICATION: Shape = shape(
    "authentication",
    &[
        optional(
            "publicKey",
            Type::Text(Text::any(NO_LIMIT)),
            "From the time before shared secrets; ignored.",
        ),
        optional(
            "type",
            Type::Enum(&["jwt", "none"]),
            "`jwt` signs every request; `none` leaves them unsigned.",
        )
        .or("\"jwt\""),
    ],
);

static CLOUD_APP_MIGRATION: Shape = shape(
    "cloudAppMigration",
    &[optional(
        "migrationWebhookPath",
        CALLBACK,
        "Path that is told about the progress of a migration.",
    )],
);

static DATA_RESIDENCY: Shape = shape(
    "dataResidency",
    &[optional(
        "maxMigrationDurationHours",
        Type::Number {
            least: 0.5,
            most: 24.0,
        },
        "How long a move between regions may take, in hours.",
    )
    .or("2")],
);

static LIFECYCLE: Shape = shape("lifecycle", LIFECYCLE_FIELDS);

const LIFECYCLE_FIELDS: &[Field] = &[
    optional(
        "dare-migration",
        CALLBACK,
        "Called while data moves to another region.",
    ),
    optional(
        "disabled",
        CALLBACK,
        "Called after an administrator switched the app off.",
    ),
    optional("enabled", CALLBACK, "Called after the app was switched on."),
    optional(
        "installed",
        CALLBACK,
        "Called with the shared secret when the app is installed. Must answer 200 or 204.",
    ),
    optional("uninstalled", CALLBACK, "Called before the app is removed."),
];

const REGION: Type = Type::Text(Text::of(200, TextRule::BaseUrl));

static REGION_BASE_URLS: Shape = shape(
    "regionBaseUrls",
    &[
        optional("AU", REGION, "Australia."),
        optional("CA", REGION, "Canada."),
        optional("CH", REGION, "Switzerland."),
        optional("DE", REGION, "Germany."),
        optional("EU", REGION, "European Union."),
        optional("GB", REGION, "United Kingdom."),
        optional("IN", REGION, "India."),
        optional("JP", REGION, "Japan."),
        optional("KR", REGION, "South Korea."),
        optional("SG", REGION, "Singapore."),
        optional("US", REGION, "United States."),
    ],
);

static TRANSLATIONS: Shape = shape(
    "translations",
    &[required(
        "paths",
        Type::Map(&URL),
        "From a locale such as `de-DE` to the file with its texts.",
    )],
);

static VENDOR: Shape = shape(
    "vendor",
    &[
        optional("name", Type::Text(Text::any(100)), "Name of the maker."),
        optional(
            "url",
            Type::Text(Text::of(200, TextRule::VendorUrl)),
            "Home page of the maker.",
        ),
    ],
);
